/**
 * Settings of sockets that hold everywhere, as Go's `net` has them in etcd; for `node:net`, `node:tls` and `node:http` alike.
 * What each default is, in Node and in etcd, stands in docs/internals/defaults.md.
 */

/** TCP keepalive: Node's default is none, and a connection whose other end lost its power would stay for good. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

/** For sockets that are accepted: options of `createServer`. */
export const acceptOptions = { ...keepAlive, noDelay: true } as const;

/** For sockets that call: options of `connect` and of `request`. */
export const dialOptions = {
  ...keepAlive,
  noDelay: true,
  /**
   * Of a host with several addresses Node gives up one after 250 ms (500 from Node 26 on) and takes the next. A link with a long way, or
   * one lost packet, whose repetition takes a second, would make every address fail.
   */
  autoSelectFamilyAttemptTimeout: 1500,
} as const;

/** The address of a caller as Go writes it: IPv4 that came over an IPv6 socket is IPv4. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

/** `host:port` of a caller, with brackets around IPv6. */
export function callerAddress(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string {
  const host = plainAddress(socket.remoteAddress);
  return `${host.includes(":") ? `[${host}]` : host}:${socket.remotePort ?? 0}`;
}
