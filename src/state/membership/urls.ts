import { MembershipError } from "./errors.ts";

function bad(message: string): MembershipError {
  return new MembershipError("BadUrl", message);
}

/**
 * Checks the URLs of one member and sorts them: http and https need host and port and no path; unix and unixs are taken as they are.
 * @throws MembershipError BadUrl, in etcd's words
 */
export function parseURLs(list: readonly string[]): string[] {
  if (list.length === 0) throw bad("no valid URLs given");
  return list.map((text) => parseURL(text.trim())).sort();
}

function parseURL(text: string): string {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1];
  if (scheme === undefined) {
    if (/^[^/?#]*:/.test(text)) throw bad(`parse "${text}": first path segment in URL cannot contain colon`);
    throw bad(`URL scheme must be http, https, unix, or unixs: ${text}`);
  }
  const rest = text.slice(scheme.length + 1);
  const lower = scheme.toLowerCase();
  if (lower === "unix" || lower === "unixs") return `${lower}:${rest}`;
  if (lower !== "http" && lower !== "https") {
    throw bad(`URL scheme must be http, https, unix, or unixs: ${text}`);
  }
  const parts = /^\/\/([^/?#]*)([^?#]*)/.exec(rest);
  const host = parts?.[1]?.replace(/^.*@/, "") ?? "";
  if (!/^(?:\[[0-9a-zA-Z:.%-]*\]|[^:[\]]*):[0-9]*$/.test(host)) {
    throw bad(`URL address does not have the form "host:port": ${text}`);
  }
  if (parts?.[2] !== "") throw bad(`URL must not contain a path: ${text}`);
  return `${lower}:${rest}`;
}

/**
 * Reads `infra0=http://10.0.0.1:2380,infra1=http://10.0.0.2:2380`; a name may come more than once, each time with one more URL.
 * Names keep the order in which they came first.
 * @throws MembershipError BadUrl
 */
export function parseInitialCluster(text: string): Map<string, string[]> {
  const raw = new Map<string, string[]>();
  for (const item of text.split(",")) {
    if (item === "") continue;
    const cut = item.indexOf("=");
    const name = cut < 0 ? item : item.slice(0, cut);
    const url = cut < 0 ? "" : item.slice(cut + 1);
    const urls = raw.get(name);
    if (urls === undefined) raw.set(name, [url]);
    else urls.push(url);
  }
  return new Map([...raw].map(([name, urls]) => [name, parseURLs(urls)]));
}

/** The other way: pairs sorted as text, as etcd prints them. */
export function formatInitialCluster(cluster: ReadonlyMap<string, readonly string[]>): string {
  return [...cluster]
    .flatMap(([name, urls]) => urls.map((url) => `${name}=${url}`))
    .sort()
    .join(",");
}
