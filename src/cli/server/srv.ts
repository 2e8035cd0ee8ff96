import { promises as dns } from "node:dns";
import { type Logger, messageOf } from "../../base/index.ts";
import { type Config, initialClusterOf } from "../../node/index.ts";

/** The members cannot be found in DNS; the message is etcd's. */
export class SrvError extends Error {
  override readonly name = "SrvError";
}

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
}

/** The two questions that are asked of DNS. */
export interface Resolver {
  /** Records of `_service._tcp.domain`; rejects when there are none. */
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** One address of a host; rejects when it has none. */
  address(host: string): Promise<string>;
}

export const systemResolver: Resolver = {
  srv: (name) => dns.resolveSrv(name),
  address: async (host) => (await dns.lookup(host)).address,
};

/**
 * The members of a new cluster by the SRV records of a domain: `_etcd-server-ssl._tcp` for https, `_etcd-server._tcp` for
 * http. The record that resolves to one of this member's own addresses is this member; the others are named by numbers.
 * @throws SrvError
 */
export async function clusterFromSrv(
  domain: string,
  suffix: string,
  name: string,
  peerUrls: readonly string[],
  resolver: Resolver,
  logger: Logger,
): Promise<Map<string, string[]>> {
  const ending = suffix === "" ? "" : `-${suffix}`;
  const own = new Map<string, URL>();
  for (const text of peerUrls) {
    const url = new URL(text);
    own.set(`${await resolver.address(bare(url.hostname))}:${portOf(url)}`, url);
  }
  const parts: string[] = [];
  const faults: string[] = [];
  for (const [scheme, base] of [
    ["https", "etcd-server-ssl"],
    ["http", "etcd-server"],
  ] as const) {
    const service = `${base}${ending}`;
    try {
      const found = await nodesOf(scheme, service, domain, name, own, resolver);
      logger.info(`get cluster for ${service} SRV`, { "discovery-cluster": domain, "found-cluster": found });
      parts.push(...found);
    } catch (error) {
      const why = messageOf(error);
      faults.push(`error querying DNS SRV records for _${service} ${why}`);
    }
  }
  for (const fault of faults) logger.warn("failed to resolve during SRV discovery", { error: fault });
  if (parts.length === 0) throw new SrvError(faults.join("; "));
  for (const node of parts) logger.info("got bootstrap from DNS for etcd-server", { node });
  const cluster = initialClusterOf(parts.join(","));
  if (!cluster.has(name)) throw new SrvError(`cannot find local etcd member "${name}" in SRV records`);
  return new Map([...cluster].map(([member, urls]) => [member, [...urls]]));
}

async function nodesOf(
  scheme: string,
  service: string,
  domain: string,
  name: string,
  own: ReadonlyMap<string, URL>,
  resolver: Resolver,
): Promise<string[]> {
  const parts: string[] = [];
  let unnamed = 0;
  let fault: unknown;
  for (const record of await resolver.srv(`_${service}._tcp.${domain}`)) {
    // Records end in a dot, URLs do not.
    const host = record.name.replace(/\.$/, "");
    let self: URL | undefined;
    try {
      self = own.get(`${await resolver.address(host)}:${record.port}`);
    } catch (error) {
      fault = error;
      continue;
    }
    const url = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${record.port}`;
    if (self !== undefined && self.protocol !== `${scheme}:`) {
      const expected = self.toString().replace(/\/$/, "");
      fault = new SrvError(
        `bootstrap at ${url} from DNS for ${service} has scheme mismatch with expected peer ${expected}`,
      );
      continue;
    }
    parts.push(`${self === undefined ? unnamed++ : name}=${url}`);
  }
  if (parts.length === 0 && fault !== undefined) throw fault;
  return parts;
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): string {
  return url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
}

/** As `clusterFromSrv`, with what the flags say. */
export function discoverBySrv(config: Config, logger: Logger): Promise<Map<string, string[]>> {
  const { discoverySrv, discoverySrvName, name, initialAdvertisePeerUrls } = config;
  return clusterFromSrv(discoverySrv, discoverySrvName, name, initialAdvertisePeerUrls, systemResolver, logger);
}
