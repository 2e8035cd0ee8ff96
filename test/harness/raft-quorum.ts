/** Scenario commands that ask what a quorum has decided: `committed` and `vote`. */
import { JointConfig, MajorityConfig, type VoteResult, voteResultName } from "../../src/raft/index.ts";
import { type Handler, valuesOf } from "./datadriven.ts";

/**
 * `cfg` is the group, `cfgj` a second one that must agree, `idx` or `votes` what the members of the first, then the new
 * ones of the second, reported (`_` = nothing). Where the same can be computed in another way, a differing result is printed,
 * too.
 */
export function raftQuorum(): Handler {
  return (directive) => {
    const ids = (valuesOf(directive, "cfg") ?? []).filter(isNumber).map(BigInt);
    const second = valuesOf(directive, "cfgj");
    const idsj = (second ?? []).filter(isNumber).map(BigInt);
    const group = new MajorityConfig(ids);
    const joint = new JointConfig(group, new MajorityConfig(idsj));
    const mirrored = new JointConfig(new MajorityConfig(idsj), group);
    const reports = (valuesOf(directive, "idx") ?? valuesOf(directive, "votes") ?? []).filter((value) => value !== "");
    const reported = new Map([...new Set([...ids, ...idsj])].map((id, i) => [id, reports[i] ?? "_"]));
    if (reported.size !== reports.length) return "error: mismatched input (explicit or _)";

    if (directive.command === "vote") {
      const vote = (id: bigint) => ({ y: true, n: false })[reported.get(id)!];
      if (second === undefined) return voteResultName(group.voteResult(vote));
      return result(joint.voteResult(vote), [["symmetry", mirrored.voteResult(vote)]], voteResultName);
    }
    const acked = (id: bigint) => (reported.get(id) === "_" ? undefined : Number(reported.get(id)));
    if (second !== undefined) {
      const others: [string, number][] = [["symmetry", mirrored.committedIndex(acked)]];
      return joint.describe(acked) + result(joint.committedIndex(acked), others, indexName);
    }
    const committed = group.committedIndex(acked);
    const others: [string, number][] = [
      ["alternative computation", countingCommitted(group, acked)],
      ["zero-joint quorum", new JointConfig(group).committedIndex(acked)],
      ["self-joint quorum", new JointConfig(group, group).committedIndex(acked)],
    ];
    // Whoever is behind the commit index might as well be further behind.
    for (const id of group.ids) {
      const own = acked(id) ?? 0;
      if (own === 0 || own >= committed) continue;
      for (const lower of [own - 1, 0]) {
        const lowered = group.committedIndex((other) => (other === id ? lower : acked(other)));
        others.push([`overlaying ${id}->${lower}`, lowered]);
      }
    }
    return group.describe(acked) + result(committed, others, indexName);
  };
}

/** The result, after every other computation that disagrees with it. */
function result<T extends number | VoteResult>(value: T, others: [string, T][], name: (value: T) => string): string {
  const wrong = others.filter(([, other]) => other !== value).map(([how, other]) => `${name(other)} <-- via ${how}\n`);
  return `${wrong.join("")}${name(value)}\n`;
}

/** The definition itself: the highest index that more than half have reached. */
export function countingCommitted(group: MajorityConfig, acked: (id: bigint) => number | undefined): number {
  if (group.size === 0) return Number.POSITIVE_INFINITY;
  const candidates = [0, ...group.ids.map((id) => acked(id) ?? 0)];
  const reached = (index: number) => group.ids.filter((id) => (acked(id) ?? 0) >= index).length;
  return Math.max(...candidates.filter((index) => 2 * reached(index) > group.size));
}

function indexName(index: number): string {
  return index === Number.POSITIVE_INFINITY ? "∞" : String(index);
}

function isNumber(value: string): boolean {
  return /^\d+$/.test(value);
}
