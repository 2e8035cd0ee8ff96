export {
  type CallOptions,
  type ClientStream,
  type ClientStreamEvents,
  GrpcClient,
  type GrpcClientOptions,
} from "./client.ts";
export type { MessageCodec } from "./compression.ts";
export { type Endpoint, EndpointError, type EndpointRules, endpointAddress, parseEndpoint } from "./endpoint.ts";
export { Metadata, type MetadataFields } from "./metadata.ts";
export { GrpcServer, type GrpcServerConnection } from "./server.ts";
/** @internal Speaks of `node:net` and `node:tls`: left out of the package's types, which need no @types/node. */
export { type ConnectOptions, connect, Door, type DoorOptions, gzip, type Listening, serve } from "./socket.ts";
export { GrpcError, goStatusText, type Status, status, statusOf, statusOk } from "./status.ts";
export type {
  Call,
  CallResult,
  ForeignCall,
  ForeignHandler,
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
  UnaryServerCall,
} from "./types.ts";
