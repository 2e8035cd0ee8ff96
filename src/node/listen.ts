import { lookup } from "node:dns/promises";
import { existsSync, rmSync } from "node:fs";
import { createServer, isIP, type ListenOptions, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { acceptOptions, fileErrorText, messageOf, systemErrorText } from "../base/index.ts";
import { parseUrl, splitHostPort } from "./config/index.ts";

/** First release of Node that can share a port between listeners (SO_REUSEPORT). */
const reusePortSince = [22, 12] as const;

/** Whether flag socket-reuse-port can have its effect with the Node that runs. */
export function canReusePort(node: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  return major > reusePortSince[0] || (major === reusePortSince[0] && minor >= reusePortSince[1]);
}

/** An address that cannot be listened on; the message is one line, as Go words it. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Connections that may wait to be accepted. */
const backlog = 4096;
const portMax = 65_535;

/** Where a listen URL leads: a host and a port, or the file of a Unix socket. */
export type ListenAddress =
  | { readonly path: string; readonly host?: undefined; readonly port?: undefined }
  | { readonly host: string; readonly port: number; readonly path?: undefined };

/** Reads a listen URL. Throws ListenError for a port that cannot be, or a socket without a name. */
export function listenAddress(url: string): ListenAddress {
  const { scheme, host: authority, text } = parseUrl(url);
  if (scheme.startsWith("unix")) {
    const path = text.slice(`${scheme}://`.length).replace(/[?#].*$/, "");
    if (path === "") throw new ListenError(`listen unix: ${url} names no file`);
    return { path };
  }
  return hostAndPort(authority);
}

function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const parts = splitHostPort(text);
  if (typeof parts === "string") throw new ListenError(`listen tcp: ${parts}`);
  if (!/^[0-9]*$/.test(parts.port)) throw new ListenError(`listen tcp: lookup tcp/${parts.port}: unknown port`);
  const port = Number(parts.port);
  if (port > portMax) throw new ListenError(`listen tcp: address ${parts.port}: invalid port`);
  return { host: parts.host, port };
}

/**
 * A server for `listenOn`, its sockets set up as Go sets them up.
 * @internal Speaks of `node:net`: left out of the package's types.
 */
export function tcpServer(onConnection: (socket: Socket) => void): Server {
  return createServer(acceptOptions, onConnection);
}

/**
 * Listens where the URL says, as etcd does: `0.0.0.0` and `[::]` take IPv4 and IPv6 alike, where the machine has IPv6; of a
 * name with several addresses an IPv4 one is preferred; the file of a Unix socket that a former process left is replaced.
 * SO_REUSEADDR is always set, by libuv. Rejects with ListenError.
 * @internal As above.
 */
export async function listenOn(server: Server, url: string, reusePort = false): Promise<void> {
  const at = listenAddress(url);
  if (at.path !== undefined) await listenOnFile(server, at.path);
  else await listenOnPort(server, at, reusePort);
}

/**
 * The same for an address without a scheme, `host:port`. Rejects with ListenError.
 * @internal As above.
 */
export async function listenOnAddress(server: Server, address: string): Promise<void> {
  await listenOnPort(server, hostAndPort(address), false);
}

async function listenOnPort(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  reusePort: boolean,
): Promise<void> {
  const address = await bindAddress(host);
  const told = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  const options = { port, backlog, ...(reusePort ? { reusePort } : {}) };
  try {
    if (!isWildcard(address)) await listening(server, { ...options, host: address });
    else await listenEverywhere(server, options);
  } catch (error) {
    throw new ListenError(`listen tcp ${told}: bind: ${wordsOf(error)}`, { cause: error });
  }
}

/**
 * The address that a server listens on, as Go writes it: `127.0.0.1:2379`, `[::]:2379`, or the file of its socket.
 * @internal As above.
 */
export function boundAddress(server: Server): string {
  const at = server.address();
  if (at === null || typeof at === "string") return at ?? "";
  return `${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`;
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0";
}

/** What a host of a listen URL stands for. Both wildcards become one, as in Go. */
async function bindAddress(host: string): Promise<string> {
  if (host === "" || host === "::" || host === "0.0.0.0") return "0.0.0.0";
  if (isIP(host) !== 0) return host.replace(/^::ffff:(?=\d+\.)/i, "");
  try {
    const found = await lookup(host, { all: true });
    return (found.find(({ family }) => family === 4) ?? found[0])!.address;
  } catch (error) {
    throw new ListenError(`listen tcp: lookup ${host}: no such host`, { cause: error });
  }
}

/** What systems answer that have no IPv6, or were told to have none. */
const noIpv6 = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL", "EPROTONOSUPPORT"]);

async function listenEverywhere(server: Server, options: ListenOptions): Promise<void> {
  try {
    // A socket of IPv6 that is not told otherwise takes IPv4, too.
    await listening(server, { ...options, host: "::" });
  } catch (error) {
    if (!noIpv6.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await listening(server, { ...options, host: "0.0.0.0" });
  }
}

async function listenOnFile(server: Server, path: string): Promise<void> {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new ListenError(`remove ${fileErrorText(path, error).replace(/^\w+ /, "")}`, { cause: error });
  }
  try {
    await listening(server, { path, backlog });
  } catch (error) {
    // libuv tells a missing directory as a lack of rights.
    const why = existsSync(dirname(path)) ? wordsOf(error) : "no such file or directory";
    throw new ListenError(`listen unix ${path}: bind: ${why}`, { cause: error });
  }
}

function wordsOf(error: unknown): string {
  return systemErrorText(error) ?? messageOf(error);
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off("listening", onListening);
      reject(error);
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve();
    };
    server.once("error", onError);
    server.once("listening", onListening);
    server.listen(options);
  });
}
