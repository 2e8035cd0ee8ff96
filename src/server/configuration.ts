import type { MemberId } from "../base/index.ts";
import {
  type ConfState,
  changeConfState,
  describeConfState,
  type Entry,
  EntryType,
  emptyConfState,
  RaftError,
  type Snapshot,
  sameConfState,
} from "../raft/index.ts";
import { type Member, storedMembers } from "../state/membership/index.ts";
import type { Store } from "../storage/store/index.ts";
import { raftpb } from "../wire/proto/index.ts";

// Who votes is written down in five places: the log's entries, the snapshot records in the log, `.snap` files, and the store's row
// `confState` and bucket `members`. The bucket is the one that counts: each entry that changes the members changes it as it is
// applied, in one step with the consistent index. A member starts with the bucket, as etcd 3.7 does, and derives the others from it.

/**
 * raft's configuration as of the store's consistent index, by the members that the store holds; by the log where it holds none,
 * since nothing was applied yet. `recorded` is the newest snapshot record's configuration with the log's changes after it.
 */
export function configurationAtStart(members: readonly Member[], recorded: ConfState): ConfState {
  return members.length > 0 ? configurationOf(members) : recorded;
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

/**
 * Refuses a snapshot whose voters are not the members of its own database. Raft counts votes by the one, everything else goes by the
 * other; a member that went on with both could elect itself alone. Started anew, it takes the database's members.
 * @throws Error that ends the member
 */
export function requireSameMembers(snapshot: Snapshot, database: Store): void {
  const { index, confState } = snapshot.metadata!;
  // A leader that has just started sends a database that is ahead of the snapshot's index: its members may have changed since.
  if (database.consistentIndex().index !== index) return;
  const members = configurationOf(storedMembers(database));
  if (confState !== undefined && sameConfState(confState, members)) return;
  const said = confState === undefined ? "nobody" : describeConfState(confState);
  throw new Error(
    `snapshot ${index} from the leader names ${said} as voters, but its database has ${describeConfState(members)}: ` +
      "upgrade the leader, then start this member again",
  );
}
