import { RaftError } from "../errors.ts";
import { ascending, JointConfig, MajorityConfig } from "../quorum/index.ts";
import { Membership, Progress, type ProgressMap } from "../tracker/index.ts";
import { type ConfChangeSingle, ConfChangeType, type ConfChangeV2, NONE } from "../types.ts";
import { planOf } from "./codec.ts";

/** A membership with the progress of exactly its members. */
export interface Configuration {
  membership: Membership;
  progress: ProgressMap;
}

/** What a change starts from. */
export interface ChangeBase extends Configuration {
  /** Last index of the log: where a new member is probed first. */
  lastIndex: number;
  maxInflight: number;
  maxInflightBytes: number;
}

/** The configuration after a committed change of any kind. */
export function changeConfiguration(base: ChangeBase, change: ConfChangeV2): Configuration | RaftError {
  switch (planOf(change)) {
    case "leaveJoint":
      return leaveJoint(base);
    case "simple":
      return simpleChange(base, change.changes);
    case "enterJoint":
      return enterJoint(base, false, change.changes);
    case "enterJointAutoLeave":
      return enterJoint(base, true, change.changes);
    default:
      return new RaftError("ConfChangeInvalid", `unknown transition ${change.transition}`);
  }
}

/**
 * Changes of at most one voter, in effect at once (thesis 4.1): old and new majorities share a member anyway.
 * Refused while joint.
 */
export function simpleChange(base: ChangeBase, changes: readonly ConfChangeSingle[]): Configuration | RaftError {
  const fault = faultOf(base);
  if (fault !== undefined) return refuse(fault);
  const { voters } = base.membership;
  if (voters.joint) return refuse("can't apply simple config change in joint config");
  const draft = new Draft(base);
  const wrong = draft.apply(changes);
  if (wrong !== undefined) return refuse(wrong);
  if (differing(voters.incoming, draft.incoming) > 1) {
    return refuse("more than one voter changed without entering joint config");
  }
  return checked(draft.finish());
}

/**
 * Any number of changes: the present voters become the outgoing half, the changes make the incoming one, and both must agree
 * until the joint configuration is left (thesis 4.3, C-old,new).
 */
export function enterJoint(
  base: ChangeBase,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): Configuration | RaftError {
  const fault = faultOf(base);
  if (fault !== undefined) return refuse(fault);
  const { voters } = base.membership;
  if (voters.joint) return refuse("config is already joint");
  if (voters.incoming.size === 0) return refuse("can't make a zero-voter config joint");
  const draft = new Draft(base);
  draft.outgoing = voters.incoming;
  const wrong = draft.apply(changes);
  if (wrong !== undefined) return refuse(wrong);
  draft.autoLeave = autoLeave;
  return checked(draft.finish());
}

/** The incoming half decides alone from now on; whoever was only in the outgoing half is gone or becomes a learner. */
export function leaveJoint(base: ChangeBase): Configuration | RaftError {
  const fault = faultOf(base);
  if (fault !== undefined) return refuse(fault);
  if (!base.membership.voters.joint) return refuse("can't leave a non-joint config");
  const draft = new Draft(base);
  draft.leave();
  return checked(draft.finish());
}

/** A membership being changed. Progress objects are copied before they are touched: a refused change leaves no trace. */
class Draft {
  readonly #base: ChangeBase;
  readonly #progress: Map<bigint, Progress>;
  incoming: MajorityConfig;
  outgoing: MajorityConfig;
  #learners: MajorityConfig;
  #learnersNext: MajorityConfig;
  autoLeave = false;

  constructor(base: ChangeBase) {
    this.#base = base;
    this.#progress = new Map(base.progress);
    this.incoming = base.membership.voters.incoming;
    this.outgoing = base.membership.voters.outgoing;
    this.#learners = base.membership.learners;
    this.#learnersNext = base.membership.learnersNext;
  }

  /** Carries the changes out in order; gives back why it cannot. */
  apply(changes: readonly ConfChangeSingle[]): string | undefined {
    for (const { type, nodeId } of changes) {
      // The application sets the id to NONE to say: committed, but not to be carried out.
      if (nodeId === NONE) continue;
      switch (type) {
        case ConfChangeType.ConfChangeAddNode:
          this.#makeVoter(nodeId);
          break;
        case ConfChangeType.ConfChangeAddLearnerNode:
          this.#makeLearner(nodeId);
          break;
        case ConfChangeType.ConfChangeRemoveNode:
          this.#remove(nodeId);
          break;
        case ConfChangeType.ConfChangeUpdateNode:
          break;
        default:
          return `unexpected conf type ${String(type)}`;
      }
    }
    return this.incoming.size === 0 ? "removed all voters" : undefined;
  }

  leave(): void {
    for (const id of this.#learnersNext.ids) this.#enlist(id);
    this.#learnersNext = new MajorityConfig();
    for (const id of this.outgoing.ids) {
      if (!this.incoming.has(id) && !this.#learners.has(id)) this.#progress.delete(id);
    }
    this.outgoing = new MajorityConfig();
  }

  finish(): Configuration {
    return {
      membership: new Membership(
        new JointConfig(this.incoming, this.outgoing),
        this.#learners,
        this.#learnersNext,
        this.autoLeave,
      ),
      progress: this.#progress,
    };
  }

  #makeVoter(id: bigint): void {
    this.#learners = this.#learners.without(id);
    this.#learnersNext = this.#learnersNext.without(id);
    this.incoming = this.incoming.with(id);
    if (this.#progress.has(id)) this.#setLearner(id, false);
    else this.#admit(id, false);
  }

  #makeLearner(id: bigint): void {
    const known = this.#progress.get(id);
    if (known?.isLearner) return;
    this.incoming = this.incoming.without(id);
    this.#learnersNext = this.#learnersNext.without(id);
    if (this.outgoing.has(id)) this.#learnersNext = this.#learnersNext.with(id);
    else if (known !== undefined) this.#enlist(id);
    else {
      this.#learners = this.#learners.with(id);
      this.#admit(id, true);
    }
  }

  #remove(id: bigint): void {
    if (!this.#progress.has(id)) return;
    this.incoming = this.incoming.without(id);
    this.#learners = this.#learners.without(id);
    this.#learnersNext = this.#learnersNext.without(id);
    // A voter of the outgoing half still has a say, so its progress is still needed.
    if (!this.outgoing.has(id)) this.#progress.delete(id);
  }

  #enlist(id: bigint): void {
    this.#learners = this.#learners.with(id);
    this.#setLearner(id, true);
  }

  #setLearner(id: bigint, isLearner: boolean): void {
    const progress = this.#progress.get(id)!;
    if (progress.isLearner === isLearner) return;
    const changed = progress.clone();
    changed.isLearner = isLearner;
    this.#progress.set(id, changed);
  }

  #admit(id: bigint, isLearner: boolean): void {
    const { lastIndex, maxInflight, maxInflightBytes } = this.#base;
    const progress = Progress.fresh(Math.max(lastIndex, 1), isLearner, maxInflight, maxInflightBytes);
    // A newcomer counts as active, else the next quorum check might depose the leader before the newcomer could speak.
    progress.recentActive = true;
    this.#progress.set(id, progress);
  }
}

/** What contradicts the invariants of `Membership`, if anything does. */
function faultOf({ membership, progress }: Configuration): string | undefined {
  const { voters, learners, learnersNext, autoLeave } = membership;
  for (const id of new Set([...voters.ids(), ...learners.ids, ...learnersNext.ids])) {
    if (!progress.has(id)) return `no progress for ${id}`;
  }
  for (const id of learnersNext.ids) {
    if (!voters.outgoing.has(id)) return `${id} is in LearnersNext, but not Voters[1]`;
    if (progress.get(id)!.isLearner) return `${id} is in LearnersNext, but is already marked as learner`;
  }
  for (const id of learners.ids) {
    if (voters.outgoing.has(id)) return `${id} is in Learners and Voters[1]`;
    if (voters.incoming.has(id)) return `${id} is in Learners and Voters[0]`;
    if (!progress.get(id)!.isLearner) return `${id} is in Learners, but is not marked as learner`;
  }
  if (!voters.joint) {
    if (learnersNext.size > 0) return "cfg.LearnersNext must be nil when not joint";
    if (autoLeave) return "AutoLeave must be false when not joint";
  }
  return undefined;
}

function checked(result: Configuration): Configuration | RaftError {
  const fault = faultOf(result);
  return fault === undefined ? result : refuse(fault);
}

/** Voters in one group but not in the other. */
function differing(a: MajorityConfig, b: MajorityConfig): number {
  return a.ids.filter((id) => !b.has(id)).length + b.ids.filter((id) => !a.has(id)).length;
}

function refuse(reason: string): RaftError {
  return new RaftError("ConfChangeInvalid", reason);
}

/** One line per member, ids ascending: `ID: PROGRESS`. */
export function describeProgress(progress: ProgressMap): string {
  return [...progress.keys()]
    .sort(ascending)
    .map((id) => `${id}: ${progress.get(id)}\n`)
    .join("");
}
