export { Metadata, type MetadataFields } from "./metadata.ts";
export { GrpcError, goStatusText, type Status, status, statusOf, statusOk } from "./status.ts";
export type {
  Call,
  CallResult,
  GrpcServerOptions,
  MethodDefinition,
  MethodKind,
  MethodRegistry,
  Peer,
  Reply,
  ServerStream,
  ServerStreamHandler,
  StreamHandler,
  UnaryHandler,
} from "./types.ts";
