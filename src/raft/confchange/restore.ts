import { RaftError } from "../errors.ts";
import { MajorityConfig } from "../quorum/index.ts";
import { Membership } from "../tracker/index.ts";
import { type ConfChange, type ConfChangeSingle, ConfChangeType, type ConfChangeV2, type ConfState } from "../types.ts";
import { type ChangeBase, type Configuration, changeConfiguration, enterJoint, simpleChange } from "./changer.ts";
import { asConfChangeV2 } from "./codec.ts";

/**
 * Rebuilds the configuration that a ConfState describes, from nothing, by the same changes that could have led to it:
 * first the outgoing voters one by one; then, if there are any, one joint change that replaces them by the incoming
 * voters and the learners. Refuses what no sequence of changes can make.
 */
export function restoreConfiguration(
  confState: ConfState,
  lastIndex: number,
  maxInflight: number,
  maxInflightBytes: number,
): Configuration | RaftError {
  const limits = { lastIndex, maxInflight, maxInflightBytes };
  const outgoing = confState.votersOutgoing.map(add);
  const incoming = [
    ...confState.votersOutgoing.map(remove),
    ...confState.voters.map(add),
    ...confState.learners.map(learn),
    ...confState.learnersNext.map(learn),
  ];
  const joint = outgoing.length > 0;
  let base: ChangeBase = { membership: new Membership(), progress: new Map(), ...limits };
  for (const change of joint ? outgoing : incoming) {
    const next = simpleChange(base, [change]);
    if (next instanceof RaftError) return next;
    base = { ...next, ...limits };
  }
  const restored: Configuration | RaftError = joint ? enterJoint(base, confState.autoLeave, incoming) : base;
  if (restored instanceof RaftError) return restored;
  if (!equivalent(restored.membership.confState(), confState)) {
    return new RaftError("ConfChangeInvalid", "the membership contradicts itself");
  }
  return { membership: restored.membership, progress: restored.progress };
}

/**
 * The ConfState after `change`, for code that has a ConfState and entries but no node. RaftError `ConfChangeInvalid` when
 * the change is impossible in `confState`.
 *
 * A `nodeId` of NONE changes nothing, as in `RawNode.applyConfChange`.
 */
export function changeConfState(confState: ConfState, change: ConfChange | ConfChangeV2): ConfState | RaftError {
  const limits = { lastIndex: 0, maxInflight: 1, maxInflightBytes: 0 };
  const base = restoreConfiguration(confState, limits.lastIndex, limits.maxInflight, limits.maxInflightBytes);
  if (base instanceof RaftError) return base;
  const changed = changeConfiguration({ ...base, ...limits }, asConfChangeV2(change));
  return changed instanceof RaftError ? changed : changed.membership.confState();
}

/** The same membership, whatever the order of the lists. */
export function equivalent(a: ConfState, b: ConfState): boolean {
  return (
    a.autoLeave === b.autoLeave &&
    sameIds(a.voters, b.voters) &&
    sameIds(a.learners, b.learners) &&
    sameIds(a.votersOutgoing, b.votersOutgoing) &&
    sameIds(a.learnersNext, b.learnersNext)
  );
}

function sameIds(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && `${new MajorityConfig(a)}` === `${new MajorityConfig(b)}`;
}

const add = (nodeId: bigint): ConfChangeSingle => ({ type: ConfChangeType.ConfChangeAddNode, nodeId });
const remove = (nodeId: bigint): ConfChangeSingle => ({ type: ConfChangeType.ConfChangeRemoveNode, nodeId });
const learn = (nodeId: bigint): ConfChangeSingle => ({ type: ConfChangeType.ConfChangeAddLearnerNode, nodeId });
