import { resolveSrv } from "node:dns/promises";
import { messageOf } from "../../base/index.ts";

/** Client URLs of a cluster that DNS knows: `_etcd-client-ssl._tcp.domain`, then `_etcd-client._tcp.domain`. */
export async function discover(domain: string, serviceName: string): Promise<readonly string[]> {
  const suffix = serviceName === "" ? "" : `-${serviceName}`;
  const urls: string[] = [];
  const failures: string[] = [];
  for (const [service, scheme] of [
    ["etcd-client-ssl", "https"],
    ["etcd-client", "http"],
  ] as const) {
    const name = `_${service}${suffix}._tcp.${domain}`;
    try {
      const found = await resolveSrv(name);
      found.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
      for (const { name: host, port } of found) urls.push(`${scheme}://${host}.:${port}`.replace("..:", ".:"));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  if (failures.length === 2) throw new Error(`dns lookup errors: ${failures[0]} and ${failures[1]}`);
  return urls;
}
