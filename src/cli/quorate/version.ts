import { etcdVersion } from "../../node/config/index.ts";

/** What `quorate version` prints: our own version, and the etcd that clients and peers meet. */
export function versionText(version: string): string {
  const api = etcdVersion.split(".").slice(0, 2).join(".");
  return `quorate version: ${version}\netcd version: ${etcdVersion}\nAPI version: ${api}\nNode version: ${process.version}\n`;
}
