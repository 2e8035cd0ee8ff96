import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RaftError } from "../errors.ts";
import { Membership } from "../tracker/index.ts";
import { type ConfChange, type ConfChangeSingle, ConfChangeType, type ConfChangeV2, type ConfState } from "../types.ts";
import {
  type ChangeBase,
  type Configuration,
  decodeConfChange,
  decodeConfChangeV2,
  encodeConfChange,
  encodeConfChangeV2,
  enterJoint,
  equivalent,
  leaveJoint,
  restoreConfiguration,
  simpleChange,
} from "./index.ts";

const { ConfChangeAddNode, ConfChangeAddLearnerNode, ConfChangeRemoveNode } = ConfChangeType;
const limits = { lastIndex: 1, maxInflight: 10, maxInflightBytes: Number.POSITIVE_INFINITY };

function based(configuration: Configuration): ChangeBase {
  return { ...configuration, ...limits };
}

const nothing: ChangeBase = { membership: new Membership(), progress: new Map(), ...limits };

function must(result: Configuration | RaftError): ChangeBase {
  if (result instanceof RaftError) throw result;
  return based(result);
}

const change: fc.Arbitrary<ConfChangeSingle> = fc.record({
  type: fc.constantFrom(...Object.values(ConfChangeType)),
  nodeId: fc.bigInt({ min: 0n, max: 8n }),
});
const changes = fc.array(change, { maxLength: 6 });

/** The twin: who ends up a voter and who a learner, when changes are simply done one after the other on sets. */
function apply(voters: Set<bigint>, learners: Set<bigint>, list: readonly ConfChangeSingle[]): void {
  for (const { type, nodeId } of list) {
    if (nodeId === 0n) continue;
    if (type === ConfChangeAddNode) {
      voters.add(nodeId);
      learners.delete(nodeId);
    } else if (type === ConfChangeAddLearnerNode) {
      voters.delete(nodeId);
      learners.add(nodeId);
    } else if (type === ConfChangeRemoveNode) {
      voters.delete(nodeId);
      learners.delete(nodeId);
    }
  }
}

function sorted(ids: Iterable<bigint>): bigint[] {
  return [...ids].sort((a, b) => Number(a - b));
}

/** A group of voters 1..n with a learner now and then. */
const start = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([n, learner]) => {
  let base = nothing;
  for (let id = 1n; id <= BigInt(n); id++) base = must(simpleChange(base, [{ type: ConfChangeAddNode, nodeId: id }]));
  return learner ? must(simpleChange(base, [{ type: ConfChangeAddLearnerNode, nodeId: 8n }])) : base;
});

describe("conf changes", () => {
  test("through a joint configuration any changes end as they would on plain sets", () => {
    fc.assert(
      fc.property(start, changes, fc.boolean(), (base, list, autoLeave) => {
        const voters = new Set(base.membership.voters.incoming.ids);
        const learners = new Set(base.membership.learners.ids);
        const before = new Set(voters);
        apply(voters, learners, list);
        const joint = enterJoint(base, autoLeave, list);
        if (voters.size === 0) {
          expect((joint as RaftError).detail).toBe("removed all voters");
          return;
        }
        const { membership, progress } = must(joint);
        // While joint the old voters decide with the new ones, and nobody is voter and learner at once.
        expect(membership.voters.incoming.ids).toEqual(sorted(voters));
        expect(membership.voters.outgoing.ids).toEqual(sorted(before));
        expect(membership.learnersNext.ids).toEqual(sorted([...learners].filter((id) => before.has(id))));
        expect(membership.learners.ids).toEqual(sorted([...learners].filter((id) => !before.has(id))));
        expect(membership.autoLeave).toBe(autoLeave);
        expect(sorted(progress.keys())).toEqual(sorted(new Set([...voters, ...before, ...learners])));
        const after = must(leaveJoint(must(joint)));
        expect(after.membership.voters.ids()).toEqual(sorted(voters));
        expect(after.membership.learners.ids).toEqual(sorted(learners));
        expect(after.membership.voters.joint).toBe(false);
        expect(sorted(after.progress.keys())).toEqual(sorted(new Set([...voters, ...learners])));
        for (const [id, each] of after.progress) expect(each.isLearner).toBe(learners.has(id));
      }),
    );
  });

  test("a simple change is one that two majorities survive, and then it is as good as a joint one", () => {
    fc.assert(
      fc.property(start, changes, (base, list) => {
        const before = new Set(base.membership.voters.incoming.ids);
        const voters = new Set(before);
        const learners = new Set(base.membership.learners.ids);
        apply(voters, learners, list);
        const moved =
          [...before].filter((id) => !voters.has(id)).length + [...voters].filter((id) => !before.has(id)).length;
        const result = simpleChange(base, list);
        if (voters.size === 0 || moved > 1) {
          expect(result).toBeInstanceOf(RaftError);
          return;
        }
        const joint = must(leaveJoint(must(enterJoint(base, false, list))));
        expect(must(result).membership.confState()).toEqual(joint.membership.confState());
      }),
    );
  });

  test("a refused or accepted change leaves what it started from as it was", () => {
    fc.assert(
      fc.property(start, changes, (base, list) => {
        const before = [base.membership.confState(), [...base.progress].map(([id, each]) => `${id} ${each}`)];
        simpleChange(base, list);
        enterJoint(base, true, list);
        leaveJoint(base);
        expect([base.membership.confState(), [...base.progress].map(([id, each]) => `${id} ${each}`)]).toEqual(before);
      }),
    );
  });

  test("every configuration that changes can make is restored from its ConfState", () => {
    fc.assert(
      fc.property(start, changes, fc.boolean(), fc.boolean(), (base, list, autoLeave, leave) => {
        const joint = enterJoint(base, autoLeave, list);
        if (joint instanceof RaftError) return;
        const made = leave ? must(leaveJoint(based(joint))) : joint;
        const confState = made.membership.confState();
        const shuffled: ConfState = {
          ...confState,
          voters: confState.voters.toReversed(),
          votersOutgoing: confState.votersOutgoing.toReversed(),
        };
        const restored = restoreConfiguration(shuffled, 1, 10, Number.POSITIVE_INFINITY);
        expect(must(restored).membership.confState()).toEqual(confState);
        expect(sorted(must(restored).progress.keys())).toEqual(sorted(made.progress.keys()));
        expect(equivalent(shuffled, confState)).toBe(true);
      }),
    );
  });

  test.each([
    ["a voter that is a learner", { voters: [1n, 2n], learners: [2n] }],
    ["learners without voters", { learners: [1n] }],
    ["learnersNext without an outgoing half", { voters: [1n, 2n], learnersNext: [2n] }],
    ["autoLeave without an outgoing half", { voters: [1n], autoLeave: true }],
    ["an outgoing half without an incoming one", { votersOutgoing: [1n] }],
  ])("no configuration has %s", (_, given) => {
    const empty = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    expect(restoreConfiguration({ ...empty, ...given }, 1, 10, 0)).toBeInstanceOf(RaftError);
  });
});

describe("conf change codec", () => {
  const id = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const bytes = fc.uint8Array({ maxLength: 300 });
  const type = fc.constantFrom(...Object.values(ConfChangeType));
  const v1: fc.Arbitrary<ConfChange> = fc.record({ id, type, nodeId: id, context: bytes });
  const v2: fc.Arbitrary<ConfChangeV2> = fc.record({
    transition: fc.constantFrom(0 as const, 1 as const, 2 as const),
    changes: fc.array(fc.record({ type, nodeId: id })),
    context: bytes,
  });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(v1, (given) => {
        expect(decodeConfChange(encodeConfChange(given))).toEqual(given);
      }),
    );
    fc.assert(
      fc.property(v2, (given) => {
        expect(decodeConfChangeV2(encodeConfChangeV2(given))).toEqual(given);
      }),
    );
  });

  test("any bytes give a change or nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
        decodeConfChange(data);
        decodeConfChangeV2(data);
      }),
    );
  });

  test("a cut change is no change, unless the cut is between fields", () => {
    const whole = encodeConfChangeV2({
      transition: 1,
      changes: [{ type: 0, nodeId: 300n }],
      context: Uint8Array.of(1, 2),
    });
    const read = Array.from(whole, (_, length) => decodeConfChangeV2(whole.subarray(0, length)) !== undefined);
    expect(read.map(Number).join("")).toBe("1010000001000");
  });

  test("no bytes at all leave the joint configuration", () => {
    expect(decodeConfChangeV2(new Uint8Array(0))).toEqual({ transition: 0, changes: [], context: new Uint8Array(0) });
  });

  test("fields of kinds we do not know are skipped", () => {
    const extra = Uint8Array.of(0x10, 1, 0x18, 5, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4, 0x78, 1);
    expect(decodeConfChange(extra)).toMatchObject({ type: 1, nodeId: 5n });
    expect(decodeConfChange(Uint8Array.of(0x10, 9))).toBeUndefined();
  });
});
