import { lookup, resolveSrv } from "node:dns/promises";
import { connect } from "node:tls";
import { dialOptions, type LogLevel, networkError } from "../../base/index.ts";
import type { FlagSet } from "../command/flags.ts";
import type { Endpoint } from "./tcp-proxy.ts";

/** The gateway cannot start; the message is etcd's. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
}

/** An endpoint that DNS names: where, and whether clients are to speak TLS to it. */
export interface Discovered extends Endpoint {
  readonly url: string;
  readonly secure: boolean;
}

/** What is asked of DNS. */
export interface Resolver {
  srv(name: string): Promise<readonly Endpoint[]>;
  addresses(host: string): Promise<readonly string[]>;
}

export const systemResolver: Resolver = {
  async srv(name) {
    const records = await resolveSrv(name);
    return records.map((record) => ({ ...record, host: record.name }));
  },
  async addresses(host) {
    // Node takes no name for this machine's.
    if (host === "") throw new Error("no host");
    return (await lookup(host, { all: true })).map(({ address }) => address);
  },
};

/** `https://host:port` or `host:port`: the endpoint without its scheme. */
export function endpointOf(text: string): Endpoint {
  const trimmed = text.trim();
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/]+)/i.exec(trimmed)?.[1] ?? trimmed.replace(/\/$/, "");
  const parts = splitAuthority(authority);
  if (parts === undefined) throw new GatewayError(`error parsing endpoint ${JSON.stringify(authority)}`);
  return { ...parts, priority: 0, weight: 0 };
}

/** `host:port` with an IPv6 address in brackets. */
export function splitAuthority(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{0,5})$/.exec(text);
  if (match === null) return undefined;
  return { host: match[1] ?? match[2]!, port: Number(match[3]) };
}

/** The clients' endpoints of a domain: records of `_etcd-client-ssl._tcp` and `_etcd-client._tcp`. */
export async function discoverClients(domain: string, suffix: string, resolver: Resolver): Promise<Discovered[]> {
  const found: Discovered[] = [];
  const faults: string[] = [];
  for (const [service, scheme] of [
    ["etcd-client-ssl", "https"],
    ["etcd-client", "http"],
  ] as const) {
    const name = `_${service}${suffix === "" ? "" : `-${suffix}`}._tcp.${domain}`;
    try {
      for (const { host, port, priority, weight } of await resolver.srv(name)) {
        const url = `${scheme}://${host}:${port}`;
        found.push({ host, port, priority, weight, url, secure: scheme === "https" });
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      faults.push(`lookup ${name}: ${code === "ENOTFOUND" ? "no such host" : message}`);
    }
  }
  if (faults.length === 2) throw new GatewayError(`dns lookup errors: ${faults.join(" and ")}`);
  return found;
}

export type Log = (level: LogLevel, message: string, fields: Record<string, unknown>) => void;

/** Endpoints by the flags `discovery-srv…`; none without them. Only those whose certificates are good for the domain, unless told otherwise. */
export async function discoveredEndpoints(
  flags: FlagSet,
  ca: Uint8Array | undefined,
  log: Log,
  resolver: Resolver = systemResolver,
): Promise<Discovered[]> {
  const domain = flags.string("discovery-srv");
  if (domain === "") return [];
  const found = await discoverClients(domain, flags.string("discovery-srv-name"), resolver);
  log("info", "discovered cluster from SRV", { "srv-server": domain, endpoints: urls(found) });
  if (flags.bool("insecure-discovery")) return found;
  log("info", "validating discovered SRV endpoints", { "srv-server": domain, endpoints: urls(found) });
  const faults = await Promise.all(found.map((endpoint) => insecurity(endpoint, domain, ca)));
  const good = found.filter((_, i) => faults[i] === undefined);
  const wrong = faults.filter((fault) => fault !== undefined);
  const told = { "srv-server": domain, endpoints: urls(good) };
  if (wrong.length > 0) log("warn", "failed to validate discovered endpoints", { ...told, error: wrong.join(",") });
  else log("info", "using validated discovered SRV endpoints", told);
  return good;
}

function urls(found: readonly Discovered[]): string[] {
  return found.map(({ url }) => url);
}

/** Refuses endpoints that cannot be resolved, and those that lead back to the gateway itself. */
export async function checkEndpoints(
  endpoints: readonly Endpoint[],
  listen: { readonly host: string; readonly port: number; readonly text: string },
  resolver: Resolver,
): Promise<void> {
  let own: readonly string[];
  try {
    own = await resolver.addresses(listen.host);
  } catch {
    throw new GatewayError(`failed to resolve listen host: ${listen.host}`);
  }
  for (const { host, port } of endpoints) {
    let addresses: readonly string[];
    try {
      addresses = await resolver.addresses(host);
    } catch {
      throw new GatewayError(`failed to resolve endpoint host: ${host}`);
    }
    const same = port === listen.port ? addresses.find((address) => own.includes(address)) : undefined;
    if (same !== undefined) {
      throw new GatewayError(
        `SRV or endpoint (${host}:${port}->${same}:${port}) should not resolve to the gateway listen addr (${listen.text})`,
      );
    }
  }
}

const dialMsMax = 5000;

/** Why an endpoint does not count as secure; undefined when its certificate is one for the domain. */
function insecurity(endpoint: Discovered, domain: string, ca: Uint8Array | undefined): Promise<string | undefined> {
  if (!endpoint.secure) return Promise.resolve(`"${endpoint.url}" is insecure`);
  return new Promise((resolve) => {
    const socket = connect({
      ...dialOptions,
      host: endpoint.host,
      port: endpoint.port,
      servername: domain,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    });
    const end = (why: string | undefined): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(dialMsMax, () => end(`"${endpoint.url}" failed to dial (i/o timeout)`));
    socket.once("secureConnect", () => end(undefined));
    socket.once("error", (error) => end(`"${endpoint.url}" failed to dial (${networkError(error).message})`));
  });
}
