import { EtcdError } from "../base/index.ts";
import { parseURLs } from "../state/membership/index.ts";

/**
 * Peer URLs of a member that is to be added.
 *
 * @throws EtcdError MemberBadUrls
 */
export function peerURLsOf(urls: readonly string[]): string[] {
  try {
    return parseURLs(urls);
  } catch {
    throw EtcdError.of("MemberBadUrls");
  }
}
