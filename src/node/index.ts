export { Registry } from "../api/metrics/index.ts";
export { RemovedError } from "../server/index.ts";
export { bootstrapCluster } from "../state/membership/index.ts";
export { type Config, etcdVersion, formatDuration, initialClusterOf, type Loaded } from "./config/index.ts";
export { DataDirectoryError, prepareDataDirectory } from "./data-directory.ts";
export type { Listen } from "./entrances.ts";
export { declareFeatureMetrics } from "./feature-metrics.ts";
export { serveOptionsOf, withoutEffect } from "./from-config.ts";
/** @internal Speaks of Buffer: left out of the package's types. */
export { readGivenFile } from "./given-file.ts";
/** @internal Speaks of `node:net`: left out of the package's types. */
export { ListenError, listenOnAddress } from "./listen.ts";
export { parseRotation } from "./log-rotation.ts";
export { createLogger, LogSinkError } from "./logger.ts";
export { registerProcessMetrics } from "./process-stats.ts";
export { type GrpcProxy, type GrpcProxyOptions, serveGrpcProxy } from "./proxy/index.ts";
export { type ServeOptions, type Serving, serve } from "./serve.ts";
export { nameSourcesInStacks } from "./source-lines.ts";
export {
  defaultServeOptions,
  type StartedMember,
  type StartMemberOptions,
  sha1,
  startMember,
  systemEnv,
} from "./start-member.ts";
export { noTls, type TlsSettings } from "./tls/index.ts";
