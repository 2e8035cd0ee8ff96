import { existsSync } from "node:fs";
import type { ListenOptions } from "node:net";
import { dirname } from "node:path";
import { systemMeaning } from "../base/index.ts";

/** First release of Node that can share a port between listeners (SO_REUSEPORT). */
const reusePortSince = [22, 12] as const;

/** Whether flag socket-reuse-port can have its effect with the Node that runs. */
export function canReusePort(node: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  return major > reusePortSince[0] || (major === reusePortSince[0] && minor >= reusePortSince[1]);
}

/** Where a URL of the flags says to listen. SO_REUSEADDR is always set, by libuv. */
export function listenOptions(text: string, reusePort = false): ListenOptions {
  const url = new URL(text);
  if (url.protocol === "unix:" || url.protocol === "unixs:") return { path: `${url.host}${url.pathname}` };
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, backlog: 4096, ...(reusePort ? { reusePort } : {}) };
}

/** An address that cannot be listened on; the message is one line, as Go words it. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  constructor(url: string, cause: NodeJS.ErrnoException) {
    const { path } = listenOptions(url);
    // libuv says EACCES for a socket in a directory that is not there.
    const code = path !== undefined && cause.code === "EACCES" && !existsSync(dirname(path)) ? "ENOENT" : cause.code;
    const why = systemMeaning(code) ?? cause.message;
    super(`listen ${path === undefined ? `tcp ${new URL(url).host}` : `unix ${path}`}: bind: ${why}`, { cause });
  }
}
