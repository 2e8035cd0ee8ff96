/** `quorate/client`: keys, transactions, watches, leases, locks, elections, namespaces and administration for Node programs. */

/** Streams of encoded messages, as `Client.stream` gives them. */
export type { ClientStream, ClientStreamEvents } from "../wire/grpc/index.ts";
export { Auth, type Permission, type PermissionKind, Roles, type UserOptions, Users } from "./auth.ts";
export { Client, type ClientOptions } from "./client.ts";
export { Cluster, type MemberInfo } from "./cluster.ts";
export type { TlsSettings } from "./connection.ts";
export { type CampaignOptions, Election, Leadership } from "./election.ts";
export { ClientError, CompactedError, ConflictError, SnapshotError } from "./errors.ts";
export { type Bytes, type KeyRange, KeyValue } from "./keys.ts";
export { Keyspace, Namespace } from "./keyspace.ts";
export { Lease, type LeaseInfo, type LeaseOptions } from "./lease.ts";
export { Lock, type LockOptions } from "./lock.ts";
export {
  type Alarm,
  type AlarmKind,
  type EndpointOptions,
  type KvHash,
  Maintenance,
  type MemberStatus,
} from "./maintenance.ts";
export type { RequestOptions } from "./options.ts";
export type {
  DeleteOptions,
  DeleteResult,
  GetOptions,
  PutOptions,
  PutResult,
  RangeOptions,
  RangeResult,
} from "./requests.ts";
export { type SavedSnapshot, Snapshot, type SnapshotSink } from "./snapshot.ts";
export type { Isolation, StmOptions, StmTxn, StmValue } from "./stm.ts";
export {
  type Condition,
  compare,
  type Operation,
  type OperationResult,
  op,
  type Relation,
  Txn,
  type TxnResult,
} from "./txn.ts";
export { type WatchEvent, Watcher, type WatchOptions } from "./watch.ts";
