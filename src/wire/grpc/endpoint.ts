/*
 * Endpoints as etcd's clients take them:
 *
 *     host:port   [v6%zone]:port   :port           TLS if the client has any
 *     http://host:port/…   https://[v6%25zone]:port     only host and port count
 *     unix:path   unix:///path   unixs:…           a socket, with TLS as `unixs`
 *
 * An endpoint that means nothing is no error to etcd: it is one that can never be reached, and the others serve.
 */

/** Where a server listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Of a Unix socket, which `host` and `port` then only name. */
  readonly path?: string;
}

/** An endpoint that can never be reached; the message says why, as Go's dialler does. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
}

export interface EndpointRules {
  /** Whether an endpoint that names no scheme is spoken to with TLS. */
  readonly secure?: boolean;
  /** An endpoint without a port has the scheme's: 80, 443, or 2379 where there is no scheme. Without this it needs one, as etcd's do. */
  readonly defaultPorts?: boolean;
}

/** Reads one endpoint. @throws EndpointError */
export function parseEndpoint(text: string, rules: EndpointRules = {}): Endpoint {
  const optional = rules.secure ?? false;
  const unix = /^(unixs?):(?:\/\/)?(.*)$/is.exec(text);
  if (unix !== null) {
    const path = unix[2]!;
    if (path === "") throw new EndpointError("dial unix: missing address");
    // What a socket is called after is its file's name, `host:port` if it looks like that.
    const file = path.slice(path.lastIndexOf("/") + 1);
    const [, host, port] = /^(.+):(\d+)$/.exec(file) ?? [undefined, file, "0"];
    return { path, host: host!, port: Number(port), secure: unix[1]!.toLowerCase() === "unixs" || optional };
  }
  const { address, scheme } = endpointAddress(text);
  const { host, port } = splitAddress(address, rules.defaultPorts === true ? defaultPort(scheme) : undefined);
  return { host: host === "" ? "localhost" : host, port, secure: scheme === "" ? optional : scheme === "https" };
}

/** `host:port` of a URL of http or https; anything else is an address as it stands, whatever it looks like. */
export function endpointAddress(text: string): { readonly address: string; readonly scheme: "" | "http" | "https" } {
  const url = /^(https?):\/\/([^/?#]*)/i.exec(text);
  if (url === null) return { address: text, scheme: "" };
  const authority = url[2]!;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  // What is no URL to Go is taken as it stands.
  if (/[\s<>"{}|\\^`]/.test(host)) return { address: text, scheme: "" };
  const zone = /^\[([^\]]*)%25([^\]]*)\](.*)$/.exec(host);
  const address = zone === null ? host : `[${zone[1]}%${zone[2]}]${zone[3]}`;
  if (zone === null && host.startsWith("[") && host.includes("%")) return { address: text, scheme: "" };
  return { address, scheme: url[1]!.toLowerCase() as "http" | "https" };
}

function defaultPort(scheme: "" | "http" | "https"): number {
  return scheme === "" ? 2379 : scheme === "https" ? 443 : 80;
}

function splitAddress(address: string, portDefault: number | undefined): { host: string; port: number } {
  const fault = (why: string): never => {
    throw new EndpointError(`dial tcp: address ${address}: ${why}`);
  };
  if (address === "") throw new EndpointError("dial tcp: missing address");
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/s.exec(address);
  const named = bracketed ?? /^([^:]*)(?::([^:]*))?$/s.exec(address);
  if (named === null) return fault("too many colons in address");
  const [, host = "", portText] = named;
  if (bracketed === null && /[[\]]/.test(host)) fault("unexpected '[' or ']' in address");
  if (portText === undefined && portDefault === undefined) fault("missing port in address");
  checkHost(host, bracketed !== null);
  return { host, port: portText === undefined ? portDefault! : portOf(portText) };
}

/** Names that the system's resolver would take for addresses are none to Go's: `127.1`, `2130706433`. */
function checkHost(host: string, bracketed: boolean): void {
  const unusable = bracketed
    ? !/^[0-9a-f:.]+(%.+)?$/i.test(host)
    : /[\s/@%\\"]/.test(host) || (/^[0-9.]+$/.test(host) && !isV4(host));
  if (unusable) throw new EndpointError(`dial tcp: lookup ${host}: no such host`);
}

function isV4(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

const services: Readonly<Record<string, number>> = { http: 80, https: 443, domain: 53 };
const portMax = 65_535;

function portOf(text: string): number {
  if (!/^[+-]?\d+$/.test(text) && text !== "") {
    const known = services[text.toLowerCase()];
    if (known === undefined) throw new EndpointError(`dial tcp: lookup tcp/${text}: unknown port`);
    return known;
  }
  const port = Number(text);
  if (port < 0 || port > portMax) throw new EndpointError(`dial tcp: address ${text}: invalid port`);
  return port;
}
