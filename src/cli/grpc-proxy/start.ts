import { X509Certificate } from "node:crypto";
import { constants, hostname } from "node:os";
import { fileErrorText, type Logger, messageOf } from "../../base/index.ts";
import {
  createLogger,
  type GrpcProxyOptions,
  noTls,
  Registry,
  readGivenFile,
  registerProcessMetrics,
  serveGrpcProxy,
  systemEnv,
  type TlsSettings,
} from "../../node/index.ts";
import { checkCipherSuites, hasCertificate } from "../../node/tls/index.ts";
import type { FlagSet } from "../command/flags.ts";
import { Exit, ExitCode } from "../command/io.ts";
import type { Invocation } from "../command/tree.ts";
import { discoveredEndpoints } from "../gateway/endpoints.ts";
import { dieOf } from "../process/signals.ts";
import { systemNotifier } from "../process/system-notifier.ts";
import { refused } from "./flags.ts";

/** Settings that the proxy cannot start with; the message is etcd's where it has one. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
}

/** `etcd grpc-proxy start`: until a signal ends it. */
export async function startGrpcProxy({ io, flags }: Invocation, notify?: string): Promise<void> {
  try {
    const logger = createLogger({ level: flags.bool("debug") ? "debug" : "info" });
    const notifier = systemNotifier(notify, logger);
    const options = proxyOptions(flags, readGivenFile);
    const ca = flags.string("cacert") === "" ? undefined : readGivenFile(flags.string("cacert"));
    const found = await discoveredEndpoints(flags, ca, (level, message, fields) => logger[level](message, fields));
    if (found.length === 0 && options.endpoints.length === 0)
      throw new ProxyError("etcdclient: no available endpoints");
    if (options.skipVerify) logger.warn("certificates of the cluster are not checked (--insecure-skip-tls-verify)");
    const proxy = await serve(
      found.length > 0 ? { ...options, endpoints: found.map(({ url }) => url) } : options,
      logger,
    );
    notifier.ready(`handing on calls at ${options.listen}`);
    notifier.watch(() => {});
    const signal = await new Promise<NodeJS.Signals>((over) => io.onInterrupt(over));
    notifier.stopping("closing connections");
    await proxy.close();
    dieOf(signal, constants.signals[signal]);
  } catch (error) {
    io.err(`${messageOf(error)}\n`);
    throw new Exit(ExitCode.Error);
  }
}

function serve(options: GrpcProxyOptions, logger: Logger): ReturnType<typeof serveGrpcProxy> {
  const registry = new Registry();
  registerProcessMetrics(registry);
  return serveGrpcProxy(options, registry, systemEnv(logger, registry));
}

const versions = ["", "TLS1.2", "TLS1.3"];

/** What the flags say. Throws `ProxyError`. */
export function proxyOptions(flags: FlagSet, readFile: (path: string) => Uint8Array): GrpcProxyOptions {
  for (const name of refused) {
    if (flags.changed(name)) throw new ProxyError(`--${name} is not supported by this grpc-proxy yet`);
  }
  return {
    listen: flags.string("listen-addr"),
    metricsUrl: flags.string("metrics-addr"),
    profiles: flags.bool("enable-pprof"),
    advertise: flags.string("advertise-client-url"),
    hostname: hostname(),
    endpoints: flags.list("endpoints"),
    syncMs: flags.durationMs("endpoints-auto-sync-interval"),
    listenTls: listenTls(flags),
    upstreamTls: upstreamTls(flags, readFile),
    skipVerify: flags.bool("insecure-skip-tls-verify"),
    sendBytesMax: flags.number("max-send-bytes"),
    receiveBytesMax: flags.number("max-recv-bytes"),
    maxConcurrentStreams: flags.number("max-concurrent-streams"),
    dialKeepaliveTimeMs: flags.durationMs("dial-keepalive-time"),
    dialKeepaliveTimeoutMs: flags.durationMs("dial-keepalive-timeout"),
    keepaliveMinTimeMs: flags.durationMs("grpc-keepalive-min-time"),
    keepaliveTimeMs: flags.durationMs("grpc-keepalive-interval"),
    keepaliveTimeoutMs: flags.durationMs("grpc-keepalive-timeout"),
  };
}

function listenTls(flags: FlagSet): TlsSettings {
  const [minVersion, maxVersion] = [flags.string("tls-min-version"), flags.string("tls-max-version")];
  for (const [name, value] of [
    ["min", minVersion],
    ["max", maxVersion],
  ] as const) {
    if (!versions.includes(value)) {
      throw new ProxyError(
        `tls-${name}-version is invalid: unexpected TLS version "${value}" (must be one of: TLS1.2, TLS1.3)`,
      );
    }
  }
  if (maxVersion !== "" && minVersion > maxVersion) {
    throw new ProxyError(`min version (${minVersion}) is greater than max version (${maxVersion})`);
  }
  const cipherSuites = flags.list("listen-cipher-suites").filter((suite) => suite !== "");
  if (minVersion === "TLS1.3" && cipherSuites.length > 0) {
    throw new ProxyError("cipher suites cannot be configured when only TLS1.3 is enabled");
  }
  const settings = {
    ...noTls,
    certFile: flags.string("cert-file"),
    keyFile: flags.string("key-file"),
    trustedCaFile: flags.string("trusted-ca-file"),
    crlFile: flags.string("client-crl-file"),
    cipherSuites,
    minVersion,
    maxVersion,
  };
  if (hasCertificate(settings)) checkCipherSuites(cipherSuites);
  else if (settings.trustedCaFile !== "") {
    const where = flags.string("listen-addr");
    throw new ProxyError(`cannot listen on TLS for ${where}: KeyFile and CertFile are not presented`);
  }
  return settings;
}

/**
 * What the proxy shows and trusts towards the cluster. A certificate with a common name would make the proxy's user of all
 * its clients, so it is refused.
 */
function upstreamTls(flags: FlagSet, readFile: (path: string) => Uint8Array): TlsSettings | undefined {
  const [certFile, keyFile, trustedCaFile] = [flags.string("cert"), flags.string("key"), flags.string("cacert")];
  if (certFile === "" && keyFile === "" && trustedCaFile === "") return undefined;
  const settings = { ...noTls, certFile, keyFile, trustedCaFile };
  if (certFile !== "" && keyFile !== "") {
    const name = commonName(contentOf(certFile, readFile));
    if (name !== undefined) throw new ProxyError(`cert has non empty Common Name (${name}): ${certFile}`);
  }
  return settings;
}

function contentOf(path: string, readFile: (path: string) => Uint8Array): Uint8Array {
  try {
    return readFile(path);
  } catch (error) {
    throw new ProxyError(fileErrorText(path, error), { cause: error });
  }
}

/** A file that holds no certificate is refused by what reads it together with its key. */
function commonName(file: Uint8Array): string | undefined {
  try {
    return /^CN=(.+)$/m.exec(new X509Certificate(file).subject)?.[1];
  } catch {
    return undefined;
  }
}
