/** `quorate/client`: keys, watches, leases, locks and elections for Node programs. */

/** Streams of encoded messages, as `Client.stream` gives them. */
export type { ClientStream, ClientStreamEvents } from "../wire/grpc/index.ts";
export { Client, type ClientOptions, type MemberInfo } from "./client.ts";
export type { TlsSettings } from "./connection.ts";
export { type CampaignOptions, Election, Leadership } from "./election.ts";
export { ClientError, CompactedError } from "./errors.ts";
export { type Bytes, type KeyRange, KeyValue } from "./keys.ts";
export { Lease } from "./lease.ts";
export { Lock, type LockOptions } from "./lock.ts";
export type {
  DeleteOptions,
  DeleteResult,
  GetOptions,
  PutOptions,
  PutResult,
  RangeOptions,
  RangeResult,
} from "./requests.ts";
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
