import { utf8, utf8String } from "../../base/index.ts";
import type { ConfState } from "./types.ts";

// The row `confState` of bucket `meta` (etcd 3.5 and later): the JSON of raftpb.ConfState. Ids pass 2^53, so they are
// written and read as digits, never through a JavaScript number.

/** etcd's order and names: empty lists are left out, `auto_leave` is always there. */
export function encodeConfState(confState: ConfState): Uint8Array {
  const fields: string[] = [];
  const list = (name: string, ids: readonly bigint[]): void => {
    if (ids.length > 0) fields.push(`"${name}":[${ids.map((id) => BigInt.asUintN(64, id)).join(",")}]`);
  };
  list("voters", confState.voters);
  list("learners", confState.learners);
  list("voters_outgoing", confState.votersOutgoing);
  list("learners_next", confState.learnersNext);
  fields.push(`"auto_leave":${confState.autoLeave}`);
  return utf8(`{${fields.join(",")}}`);
}

/** undefined when the text is not of that form. Unknown fields are passed over. */
export function decodeConfState(bytes: Uint8Array): ConfState | undefined {
  const text = utf8String(bytes);
  let parsed: unknown;
  try {
    // Whole numbers become strings first: JSON.parse alone would round them.
    parsed = JSON.parse(text.replace(/(?<=[[,]\s*)\d+(?=\s*[\],])/g, '"$&"'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const fields = parsed as Record<string, unknown>;
  const list = (name: string): bigint[] | undefined => {
    const ids = fields[name] ?? [];
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string" && /^\d{1,20}$/.test(id))) return undefined;
    return ids.map((id: string) => BigInt(id));
  };
  const voters = list("voters");
  const learners = list("learners");
  const votersOutgoing = list("voters_outgoing");
  const learnersNext = list("learners_next");
  if (!voters || !learners || !votersOutgoing || !learnersNext) return undefined;
  return { voters, learners, votersOutgoing, learnersNext, autoLeave: fields.auto_leave === true };
}
