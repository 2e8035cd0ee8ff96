export { type GrpcProxy, type GrpcProxyOptions, serveGrpcProxy } from "./grpc-proxy.ts";
