import type { ClusterId, LeaseId, MemberId } from "../base/index.ts";
import type { WatchHub } from "../state/watch/index.ts";
import type { ChunkMemory } from "../storage/store/index.ts";
import type { rpc } from "../wire/proto/index.ts";
import type { Command } from "./command.ts";
import type { Waiter } from "./proposals.ts";

/** Who asks, as the api room found out from the call's metadata. Undefined where authentication is off. */
export interface Principal {
  readonly username: string;
  /** Revision of the auth store when the token was checked; the apply room refuses older ones. */
  readonly authRevision: number;
}

/** A frozen database image on its way to a client. */
export interface SnapshotSource {
  /** Bytes that `chunks` yields in all. */
  readonly size: number;
  /** Storage version as text, such as `3.7.0`. */
  readonly version: string;
  /** Each chunk has memory of its own, or what `memory` gives for it. */
  chunks(chunkBytes: number, memory?: ChunkMemory): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Reasons why a member is not well, in etcd's words. */
export interface Health {
  /** Raised alarms, e.g. `memberID:10501334649042878790 alarm:NOSPACE`. */
  readonly alarms: readonly rpc.AlarmMember[];
  readonly hasLeader: boolean;
  readonly isLearner: boolean;
  /** A defragmentation runs. */
  readonly defragmenting: boolean;
}

/**
 * One running member as its api rooms see it.
 *
 * Every method that answers a client throws (or rejects with) `EtcdError`. Reads act on what is applied here; whoever
 * wants linearizability calls `linearizable()` first. Requests are handed over as decoded messages; the fields of a
 * request must not be changed afterwards.
 */
export interface Member {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  readonly watchHub: WatchHub;
  /** Flag max-request-bytes. */
  readonly requestBytesMax: number;
  /** Flag max-txn-ops. */
  readonly txnOpsMax: number;

  /** A header as each answer carries it; `revision` defaults to the store's current one. */
  header(revision?: number): rpc.ResponseHeader;
  revision(): number;
  term(): number;
  /** Leader's id as far as known here; 0 when unknown. */
  leader(): MemberId;
  isLeader(): boolean;
  health(): Health;
  /** Called when the leader is lost (`undefined`) or a new one is known. */
  onLeaderChange(listener: (leader: MemberId | undefined) => void): () => void;

  /**
   * The barrier before a linearizable read. Undefined: what is applied now is recent enough, go on in this very turn.
   * Otherwise resolves when everything acknowledged before the call is applied here; rejects with Timeout or Stopped.
   */
  linearizable(): Promise<void> | undefined;

  /** A read at what is applied here; `kvs` are encoded `mvccpb.KeyValue`s. Header complete. */
  range(request: rpc.RangeRequest): rpc.RangeResponse;
  /** A read-only transaction, answered from what is applied here. */
  readTxn(request: rpc.TxnRequest): rpc.TxnResponse;
  /**
   * Sends a request through the log; `waiter` is told what became of it. The methods below do the same by promise.
   * @throws EtcdError what refuses it before it is proposed
   */
  submit(command: Command, by: Principal | undefined, waiter: Waiter): void;
  put(request: rpc.PutRequest, by?: Principal): Promise<rpc.PutResponse>;
  deleteRange(request: rpc.DeleteRangeRequest, by?: Principal): Promise<rpc.DeleteRangeResponse>;
  txn(request: rpc.TxnRequest, by?: Principal): Promise<rpc.TxnResponse>;
  compact(request: rpc.CompactionRequest, by?: Principal): Promise<rpc.CompactionResponse>;

  leaseGrant(request: rpc.LeaseGrantRequest, by?: Principal): Promise<rpc.LeaseGrantResponse>;
  leaseRevoke(request: rpc.LeaseRevokeRequest, by?: Principal): Promise<rpc.LeaseRevokeResponse>;
  /** Renews; the TTL in seconds, at once where nobody else has to be asked. Throws or rejects with LeaseNotFound. */
  leaseRenew(id: LeaseId): number | Promise<number>;
  leaseTimeToLive(request: rpc.LeaseTimeToLiveRequest): Promise<rpc.LeaseTimeToLiveResponse>;
  leaseLeases(): Promise<rpc.LeaseLeasesResponse>;

  memberList(request: rpc.MemberListRequest): Promise<rpc.MemberListResponse>;
  memberAdd(request: rpc.MemberAddRequest): Promise<rpc.MemberAddResponse>;
  memberRemove(request: rpc.MemberRemoveRequest): Promise<rpc.MemberRemoveResponse>;
  memberUpdate(request: rpc.MemberUpdateRequest): Promise<rpc.MemberUpdateResponse>;
  /** `token`: of who asks, for the leader, which may be another member; without one, `by` is who asks. */
  memberPromote(request: rpc.MemberPromoteRequest, token?: string, by?: Principal): Promise<rpc.MemberPromoteResponse>;

  alarm(request: rpc.AlarmRequest): Promise<rpc.AlarmResponse>;
  status(): rpc.StatusResponse;
  defragment(): Promise<void>;
  hash(): Promise<rpc.HashResponse>;
  hashKv(request: rpc.HashKVRequest): Promise<rpc.HashKVResponse>;
  snapshot(): Promise<SnapshotSource>;
  moveLeader(request: rpc.MoveLeaderRequest): Promise<void>;
  downgrade(request: rpc.DowngradeRequest): Promise<rpc.DowngradeResponse>;

  /** Versions as `/version` tells them. */
  versions(): { server: string; cluster: string | undefined; storage: string | undefined };
  /** Raft's state for `/debug/vars`. */
  raftStatus(): Record<string, unknown>;
}
