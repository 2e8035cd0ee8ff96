import { hexId, type Logger } from "../../base/index.ts";
import { Client, type ClientOptions, type TlsSettings } from "../../client/index.ts";
import { bootstrapCluster, type Config, initialClusterOf, readGivenFile, sha1 } from "../../node/index.ts";

/** The cluster cannot be found with the help of the discovery service; the message is etcd's where it has one. */
export class DiscoveryError extends Error {
  override readonly name = "DiscoveryError";
}

/** The calls that are made to the service: another etcd cluster. */
export type DiscoveryService = Pick<Client, "get" | "range" | "put" | "watch">;

/**
 * The members of a new cluster, found through a cluster that already runs: each writes its name and URLs under the token, and all
 * wait until as many have done so as the token's size says.
 *
 *     /_etcd/registry/<token>/_config/size       how many members
 *     /_etcd/registry/<token>/members/<id>       name=url,name=url
 *
 * The first ones, by their keys' creation, are the cluster; whoever comes later is refused.
 */
export async function discoverCluster(
  service: DiscoveryService,
  token: string,
  name: string,
  peerUrls: readonly string[],
  logger: Logger,
): Promise<Map<string, string[]>> {
  const prefix = `/_etcd/registry/${token}`;
  const own = bootstrapCluster(sha1, new Map([[name, [...peerUrls]]]), token).members[0]!;
  const ownKey = `${prefix}/members/${hexId(own.id)}`;
  await checkRoom(service, prefix, ownKey);
  const told = peerUrls.map((url) => `${name}=${url}`).join(",");
  await service.put(ownKey, told);
  logger.info("register member itself successfully", { memberKey: ownKey, memberInfo: told });
  const { size, members, revision } = await checkRoom(service, prefix, ownKey);
  if (members.size < size) {
    logger.info("waiting for peers from discovery service", { clusterSize: size, "found-peers": members.size });
    for await (const { type, kv } of service.watch({ prefix: `${prefix}/members/` }, { startRevision: revision + 1 })) {
      if (type !== "put") continue;
      members.set(kv.keyText, kv.text);
      logger.info("found peer from discovery service", { memberKey: kv.keyText, memberInfo: kv.text });
      if (members.size >= size) break;
    }
  }
  logger.info("found all needed peers from discovery service", { clusterSize: size, "found-peers": members.size });
  const cluster = initialClusterOf([...members.values()].slice(0, size).join(","));
  if (cluster.size < size) throw new DiscoveryError("discovery: found duplicate members");
  return cluster;
}

/** Size and members so far, in the order in which they came; throws when they are complete without us. */
async function checkRoom(
  service: DiscoveryService,
  prefix: string,
  ownKey: string,
): Promise<{ size: number; members: Map<string, string>; revision: number }> {
  const told = await service.get(`${prefix}/_config/size`);
  if (told === undefined) throw new DiscoveryError("discovery: size key not found");
  const size = /^\+?[0-9]{1,9}$/.test(told.text) ? Number(told.text) : 0;
  if (size === 0) throw new DiscoveryError("discovery: size key is bad");
  const { kvs, revision } = await service.range({ prefix: `${prefix}/members/` }, { sortBy: "create" });
  const members = new Map(kvs.map((kv) => [kv.keyText, kv.text.trim()]));
  const place = [...members.keys()].indexOf(ownKey);
  if (place < 0 ? members.size >= size : place >= size) throw new DiscoveryError("discovery: cluster is full");
  return { size, members, revision };
}

/** As the flags `discovery-*` say. */
export async function discover(config: Config, logger: Logger): Promise<Map<string, string[]>> {
  const client = new Client(clientOptions(config));
  const where = {
    "discovery-token": config.discoveryToken,
    "discovery-endpoints": config.discoveryEndpoints.join(","),
  };
  const log = logger.child(where);
  try {
    const { discoveryToken, name, initialAdvertisePeerUrls } = config;
    return await discoverCluster(client, discoveryToken, name, initialAdvertisePeerUrls, log);
  } catch (error) {
    log.error("discovery failed to join cluster", { error });
    throw error;
  } finally {
    client.close();
  }
}

function clientOptions(config: Config): ClientOptions {
  const file = (path: string): Buffer | undefined => (path === "" ? undefined : readGivenFile(path));
  const [ca, cert, key] = [config.discoveryCacert, config.discoveryCert, config.discoveryKey].map(file);
  const tls: TlsSettings = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: !config.discoveryInsecureSkipTlsVerify,
  };
  const at = config.discoveryUser.indexOf(":");
  const username = at < 0 ? config.discoveryUser : config.discoveryUser.slice(0, at);
  const password = at < 0 ? config.discoveryPassword : config.discoveryUser.slice(at + 1);
  return {
    endpoints: config.discoveryEndpoints.map((endpoint) => withScheme(endpoint, config.discoveryInsecureTransport)),
    tls,
    ...(username === "" ? {} : { username, password }),
    connectTimeoutMs: Math.max(0, config.discoveryDialTimeoutMs),
    requestTimeoutMs: Math.max(0, config.discoveryRequestTimeoutMs),
    keepaliveTimeMs: Math.max(0, config.discoveryKeepaliveTimeMs),
    keepaliveTimeoutMs: Math.max(0, config.discoveryKeepaliveTimeoutMs),
  };
}

function withScheme(endpoint: string, plain: boolean): string {
  return /^[a-z]+:\/\//.test(endpoint) ? endpoint : `${plain ? "http" : "https"}://${endpoint}`;
}
