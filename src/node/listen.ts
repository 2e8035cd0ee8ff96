import type { ListenOptions } from "node:net";

/** Where a URL of the flags says to listen. */
export function listenOptions(text: string): ListenOptions {
  const url = new URL(text);
  if (url.protocol === "unix:" || url.protocol === "unixs:") return { path: `${url.host}${url.pathname}` };
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, backlog: 4096 };
}

/** An address that cannot be listened on; the message is one line, as Go words it. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  constructor(url: string, cause: NodeJS.ErrnoException) {
    const host = url.startsWith("unix") ? url : new URL(url).host;
    const why =
      cause.code === "EADDRINUSE"
        ? "address already in use"
        : cause.code === "EACCES"
          ? "permission denied"
          : cause.message;
    super(`listen tcp ${host}: bind: ${why}`, { cause });
  }
}
