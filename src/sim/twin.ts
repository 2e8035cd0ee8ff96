import { crc32c, keyBytes, utf8, utf8String } from "../base/index.ts";
import { type Entry, EntryType } from "../raft/index.ts";
import { internal, kv as mvccpb, raftpb, rpc } from "../wire/proto/index.ts";
import {
  emptyState,
  type KeyEvent,
  type KeyValue,
  lookup,
  type Operation,
  type Request,
  type State,
  step,
  Truth,
} from "./check/index.ts";
import { canonical, deleteOf, leaseId, leaseText, putOf, txnOf } from "./convert.ts";

/** etcd's default of --max-learners. */
const learnersMax = 1;

/**
 * The dumb twin of everything from the applier down: reads the committed log, entry by entry, and says what each must have
 * done. What members answer, send to watchers and hold is compared with it.
 */
export class Twin {
  readonly truth = new Truth();
  readonly leases = new Set<string>();
  /** The members that the log has made so far. */
  readonly members = new Map<bigint, { readonly url: string; readonly learner: boolean }>();
  /** Ids that were members once; none ever is again. */
  readonly #removed = new Set<bigint>();
  /** Greatest revision that the log says is compacted. */
  compacted = -1;
  #state: State = emptyState;
  /** Revision after the entry of each index; [0] is before the first, and as many more as a restored log begins with. */
  readonly #revisions: number[] = [1];
  #noSpace = new Set<bigint>();

  /** Revision that a restore raised to; its row is in no log. 0 for none. */
  #raisedTo = 0;

  get revision(): number {
    return this.#state.revision;
  }

  get state(): State {
    return this.#state;
  }

  /** Revision of a member that has applied everything up to `index`; undefined beyond what is known. */
  revisionAt(index: number): number | undefined {
    return this.#revisions[index];
  }

  /**
   * HashKV as etcd defines it, computed from the log: of the rows up to the compaction those that are current at `revision`, all
   * rows after it, in order.
   * Undefined where the answer hangs on what compactions left lying about.
   */
  hashKv(revision: number, compactRevision: number): number | undefined {
    if (this.#raisedTo > 0) return undefined;
    let sum = crc32c(utf8("key"));
    for (let main = 2; main <= revision; main++) {
      for (const [sub, { type, kv }] of this.truth.at(main).entries()) {
        if (main <= compactRevision) {
          if (type === "delete" || this.truth.get(kv.key, revision)?.mod !== main) continue;
        }
        const key = new Uint8Array(type === "delete" ? 18 : 17);
        const view = new DataView(key.buffer);
        view.setUint32(4, main);
        key[8] = 0x5f;
        view.setUint32(13, sub);
        if (type === "delete") key[17] = 0x74;
        const fields = type === "delete" ? { key: keyBytes(kv.key) } : keyValueFields(kv);
        sum = crc32c(mvccpb.encodeKeyValue(mvccpb.createKeyValue(fields)), crc32c(key, sum));
      }
    }
    // With nothing to keep, etcd takes the empty set for "no set", and hashes whatever rows are still there.
    const anyKept = this.truth.range({ key: "\0", end: "\0", limit: 1 }, revision).count !== 0;
    return compactRevision > 0 && !anyKept ? undefined : sum;
  }

  /** `onLeaseGone` is told of leases that this entry ends. */
  apply(entry: Entry, onLeaseGone: (lease: string) => void): void {
    if (entry.type === EntryType.EntryNormal && entry.data.length > 0) {
      this.#command(internal.decodeInternalRaftRequest(entry.data), onLeaseGone);
    }
    if (entry.type === EntryType.EntryConfChange) this.#member(raftpb.decodeConfChange(entry.data));
    this.#revisions.push(this.#state.revision);
  }

  /** A new cluster of these members is made of the state: a log that begins with them, and revisions raised by `bump`. */
  restore(members: ReadonlyMap<bigint, { readonly url: string; readonly learner: boolean }>, bump: number): void {
    this.members.clear();
    this.#removed.clear();
    for (const [id, member] of members) this.members.set(id, member);
    if (bump > 0) {
      const revision = this.#state.revision + bump;
      this.#state = { ...this.#state, revision };
      this.truth.raise(revision);
      this.compacted = revision;
      this.#raisedTo = revision;
    }
    this.#revisions.length = 0;
    for (let index = 0; index <= members.size; index++) this.#revisions.push(this.#state.revision);
  }

  /** The rules by which members refuse a change that is in the log already. */
  #member(change: raftpb.ConfChange): void {
    const id = change.nodeId;
    const known = this.members.get(id);
    if (change.type === raftpb.ConfChangeType.ConfChangeRemoveNode) {
      if (this.members.delete(id)) this.#removed.add(id);
      return;
    }
    if (change.context.length === 0 || this.#removed.has(id)) return;
    // As etcd writes it: JSON with the member's URLs, or with the wish to promote it.
    const { peerURLs, isPromote } = JSON.parse(utf8String(change.context)) as {
      peerURLs?: string[];
      isPromote?: boolean;
    };
    if (isPromote === true) {
      if (known !== undefined) this.members.set(id, { ...known, learner: false });
      return;
    }
    const url = peerURLs?.[0];
    const others = [...this.members.values()];
    if (known !== undefined || url === undefined || others.some((member) => member.url === url)) return;
    const learner = change.type === raftpb.ConfChangeType.ConfChangeAddLearnerNode;
    if (learner && others.filter((member) => member.learner).length >= learnersMax) return;
    this.members.set(id, { url, learner });
  }

  #command(m: internal.InternalRaftRequest, onLeaseGone: (lease: string) => void): void {
    if (m.put !== undefined) this.#keys(putOf(m.put));
    else if (m.deleteRange !== undefined) this.#keys(deleteOf(m.deleteRange));
    else if (m.txn !== undefined) this.#keys(txnOf(m.txn));
    else if (m.compaction !== undefined) {
      const { revision } = m.compaction;
      if (revision > this.compacted && revision <= this.revision) this.compacted = revision;
    } else if (m.leaseGrant !== undefined) {
      if (this.#noSpace.size === 0 && m.leaseGrant.TTL <= 9_000_000_000) this.leases.add(leaseText(m.leaseGrant.ID));
    } else if (m.leaseRevoke !== undefined) {
      const lease = leaseText(m.leaseRevoke.ID);
      if (!this.leases.delete(lease)) return;
      onLeaseGone(lease);
      this.#step({ kind: "expire", lease });
    } else if (m.alarm !== undefined && m.alarm.alarm === rpc.AlarmType.NOSPACE) {
      if (m.alarm.action === rpc.AlarmAction.ACTIVATE) this.#noSpace.add(m.alarm.memberID);
      else if (m.alarm.action === rpc.AlarmAction.DEACTIVATE) this.#noSpace.delete(m.alarm.memberID);
    }
  }

  #keys(request: Operation): void {
    if (this.#noSpace.size > 0 && grows(request)) return;
    if (this.#refused(request)) return;
    this.#step(request);
  }

  #step(request: Request): void {
    const { state, events } = step(this.#state, request);
    if (state === this.#state) return;
    this.#state = state;
    this.truth.add(state.revision, events as readonly KeyEvent[], canonical(request));
  }

  /** Puts on leases that are not there, and those that keep what is not there, refuse the whole request. */
  #refused(request: Operation): boolean {
    switch (request.kind) {
      case "put":
        if (request.lease !== "" && !this.leases.has(request.lease)) return true;
        return (request.ignoreValue || request.ignoreLease) === true && lookup(this.#state, request.key) === undefined;
      case "txn": {
        // Its conditions are looked at on the state before it, nested ones too.
        const { response } = step(this.#state, { ...request, success: [], failure: [] });
        return (response.succeeded ? request.success : request.failure).some((operation) => this.#refused(operation));
      }
      default:
        return false;
    }
  }
}

function keyValueFields(kv: KeyValue): Partial<mvccpb.KeyValue> {
  return {
    key: keyBytes(kv.key),
    value: keyBytes(kv.value),
    createRevision: kv.create,
    modRevision: kv.mod,
    version: kv.version,
    lease: leaseId(kv.lease),
  };
}

function grows(request: Operation): boolean {
  if (request.kind === "put") return true;
  // etcd's cost of a transaction: its dearer branch.
  return request.kind === "txn" && [...request.success, ...request.failure].some(grows);
}
