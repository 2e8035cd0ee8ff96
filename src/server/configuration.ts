import { assert, type MemberId } from "../base/index.ts";
import {
  type ConfChange,
  type ConfState,
  changeConfState,
  type Entry,
  EntryType,
  emptyConfState,
  RaftError,
  sameConfState,
} from "../raft/index.ts";
import type { Member } from "../state/membership/index.ts";
import type { Store } from "../storage/store/index.ts";
import { raftpb } from "../wire/proto/index.ts";

// Who votes is written down in five places: the log's entries, the snapshot records in the log, `.snap` files, the row `confState`
// of the store, and the store's bucket `members`. The log's entries and the bucket, which each of them changes as it is applied, are
// the truth. This file derives the rest from them when a member starts, and says where a record contradicts them.

/** Why a recorded configuration was not taken. */
export type Contradiction =
  /** The record names a voter or learner that the applied log does not have in that role. */
  | "foreign"
  /** The log's own changes, followed from its beginning, lead to the members and not to the record. */
  | "outdated";

export interface Settled {
  /** raft's configuration as of the store's consistent index. */
  readonly confState: ConfState;
  /** Set when the record was wrong: `confState` is then the members'. */
  readonly contradiction: Contradiction | undefined;
  /** Members that the configuration lacks, though the store has them. etcd up to 3.5 could leave such behind; they do not vote. */
  readonly ghosts: readonly MemberId[];
}

/** What is known of the configuration when a member starts. */
export interface Evidence {
  /** The newest snapshot record's configuration with the log's changes after it, up to the consistent index. */
  readonly recorded: ConfState;
  /** The members as of the consistent index; empty when the store holds none yet. */
  readonly members: readonly Member[];
  /**
   * The log's changes alone, from the oldest record that is left, up to the consistent index. Asked for only when `recorded` lacks a
   * member, since it reads the whole log.
   */
  fromOldest(): ConfState | undefined;
}

/**
 * Decides who votes when a member starts.
 *
 * The record is taken as it is when it agrees with the members. It is wrong when it has anybody in a role that the members do
 * not: each change of the configuration writes the bucket too, in one step with its entry. (A version of this server recorded the
 * voters of the cluster that a snapshot had been taken from; a refused change that a restart replays is another way there.) A record
 * that merely lacks members is taken, as etcd does, unless the log's own beginning proves the members right.
 */
export function settleConfiguration({ recorded, members, fromOldest }: Evidence): Settled {
  if (members.length === 0) return { confState: recorded, contradiction: undefined, ghosts: [] };
  const applied = configurationOf(members);
  if (sameConfState(recorded, applied)) return { confState: recorded, contradiction: undefined, ghosts: [] };
  if (!isPartOf(recorded, applied)) return { confState: applied, contradiction: "foreign", ghosts: [] };
  const original = fromOldest();
  if (original !== undefined && sameConfState(original, applied)) {
    return { confState: applied, contradiction: "outdated", ghosts: [] };
  }
  const known = new Set(idsOf(recorded));
  return { confState: recorded, contradiction: undefined, ghosts: idsOf(applied).filter((id) => !known.has(id)) };
}

/** raft's configuration of these members: etcd never enters a joint one. */
export function configurationOf(members: readonly Member[]): ConfState {
  return {
    ...emptyConfState(),
    voters: members.filter((member) => !member.isLearner).map((member) => member.id),
    learners: members.filter((member) => member.isLearner).map((member) => member.id),
  };
}

/** Every id of a configuration, in whatever role, once. */
export function idsOf({ voters, learners, votersOutgoing, learnersNext }: ConfState): MemberId[] {
  return [...new Set([...voters, ...learners, ...votersOutgoing, ...learnersNext])];
}

/**
 * The configuration after the changes that `entries` up to `index` hold. A change that is impossible is passed over: every member
 * refused it alike when it was applied.
 */
export function followChanges(confState: ConfState, entries: readonly Entry[], index: number): ConfState {
  let reached = confState;
  for (const entry of entries) {
    if (entry.index > index) break;
    if (entry.type !== EntryType.EntryConfChange) continue;
    const changed = changeConfState(reached, raftpb.decodeConfChange(entry.data));
    if (!(changed instanceof RaftError)) reached = changed;
  }
  return reached;
}

function isPartOf(part: ConfState, whole: ConfState): boolean {
  if (part.votersOutgoing.length > 0 || part.learnersNext.length > 0) return false;
  return (
    part.voters.length > 0 &&
    part.voters.every((id) => whole.voters.includes(id)) &&
    part.learners.every((id) => whole.learners.includes(id))
  );
}

/** `confState` after an applied change; one that raft has carried out is possible. */
export function mustFollow(confState: ConfState, change: ConfChange): ConfState {
  const changed = changeConfState(confState, change);
  assert(!(changed instanceof RaftError), "a change was applied that the configuration does not allow");
  return changed;
}

/**
 * Makes the store's row say what the configuration is: a restore leaves the row of the cluster that the snapshot was taken from.
 * Nothing here reads the row; etcd's tools and an older member do. True when it was wrong; the change goes with the next commit.
 */
export function recordConfiguration(store: Store, confState: ConfState): boolean {
  const row = store.confState();
  if (confState.voters.length === 0 || (row !== undefined && sameConfState(row, confState))) return false;
  store.setConfState(confState);
  return true;
}
