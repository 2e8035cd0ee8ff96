/** Every message on etcd's wires and in its files. One namespace per .proto file. */
export { codecs } from "./codecs.ts";
export type {
  EnumType,
  FieldDescriptor,
  FieldKind,
  MessageCodec,
  MethodDescriptor,
  ServiceDescriptor,
} from "./descriptor.ts";
export { type DecodeCode, DecodeError, EncodeError } from "./error.ts";
export * as auth from "./gen/auth.ts";
export * as election from "./gen/election.ts";
export * as etcdserver from "./gen/etcdserver.ts";
export * as health from "./gen/health.ts";
export * as internal from "./gen/internal.ts";
export * as kv from "./gen/kv.ts";
export * as lease from "./gen/lease.ts";
export * as lock from "./gen/lock.ts";
export * as membership from "./gen/membership.ts";
export * as raftpb from "./gen/raftpb.ts";
export * as rpc from "./gen/rpc.ts";
export * as snappb from "./gen/snappb.ts";
export * as walpb from "./gen/walpb.ts";
export * as keyValue from "./key-value.ts";
export { DEPTH_MAX, Reader } from "./reader.ts";
export * as version from "./version.ts";
export {
  sizeBytes,
  sizeDelimited,
  sizeId,
  sizeInt32,
  sizeInt64,
  sizeString,
  sizeUint32,
  sizeUint64,
  Writer,
} from "./writer.ts";
