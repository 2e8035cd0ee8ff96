/** URLs as etcd takes them: Go's `url.Parse` as far as it matters here, then etcd's own rules. */
import { BadValue, quote } from "./go-values.ts";

/** A URL that was taken: a host with a port under http(s), or a socket's path under unix(s). */
export interface FlagUrl {
  /** As Go prints it again. */
  readonly text: string;
  readonly scheme: string;
  /** `host:port` as written, brackets of IPv6 included. */
  readonly host: string;
}

/** Reads one URL. Throws `BadValue` with the text that etcd gives. */
export function parseUrl(given: string): FlagUrl {
  const text = trimSpace(given);
  const url = goParse(text);
  if (url.scheme === "http" || url.scheme === "https") {
    if (typeof splitHostPort(url.host) === "string") {
      throw new BadValue(`URL address does not have the form "host:port": ${text}`);
    }
    if (url.path !== "") throw new BadValue(`URL must not contain a path: ${text}`);
  } else if (url.scheme !== "unix" && url.scheme !== "unixs") {
    throw new BadValue(`URL scheme must be http, https, unix, or unixs: ${text}`);
  }
  return { text: url.text, scheme: url.scheme, host: url.host };
}

/** A list with commas: every one valid, in the order of their texts, as etcd keeps them. */
export function parseUrls(list: string): FlagUrl[] {
  return list
    .split(",")
    .map(parseUrl)
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

export interface HostPort {
  readonly host: string;
  readonly port: string;
}

/** Go's net.SplitHostPort: the parts, or the error's text. */
export function splitHostPort(address: string): HostPort | string {
  const colon = address.lastIndexOf(":");
  if (colon < 0) return `address ${address}: missing port in address`;
  if (address.startsWith("[")) {
    const end = address.indexOf("]");
    if (end < 0) return `address ${address}: missing ']' in address`;
    if (end + 1 === address.length) return `address ${address}: missing port in address`;
    if (end + 1 !== colon) {
      return address[end + 1] === ":"
        ? `address ${address}: too many colons in address`
        : `address ${address}: missing port in address`;
    }
    return { host: address.slice(1, end), port: address.slice(colon + 1) };
  }
  const host = address.slice(0, colon);
  if (host.includes(":")) return `address ${address}: too many colons in address`;
  return { host, port: address.slice(colon + 1) };
}

interface GoUrl {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
}

function goParse(text: string): GoUrl {
  const fail = (why: string): BadValue => new BadValue(`parse ${quote(text)}: ${why}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(text)) throw fail("net/url: invalid control character in URL");
  const [beforeFragment = "", fragment] = cut(text, "#");
  if (beforeFragment.startsWith(":")) throw fail("missing protocol scheme");
  const named = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(beforeFragment);
  const scheme = named === null ? "" : named[1]!.toLowerCase();
  const afterScheme = named === null ? beforeFragment : beforeFragment.slice(named[0].length);
  let [rest = "", query] = cut(afterScheme, "?");
  if (scheme === "" && !rest.startsWith("/")) {
    if ((rest.split("/")[0] ?? "").includes(":")) throw fail("first path segment in URL cannot contain colon");
  }
  let host = "";
  let path = rest;
  if (rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    path = slash < 0 ? "" : rest.slice(slash);
    host = authority.slice(authority.lastIndexOf("@") + 1);
    const bad = badHost(host);
    if (bad !== undefined) throw fail(bad);
  }
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path);
  if (badEscape !== null) throw fail(`invalid URL escape ${quote(badEscape[0])}`);
  // Go writes what is not ASCII by its bytes.
  rest = rest.replace(/[^\x20-\x7e]+/gu, encodeURIComponent);
  const tail =
    (query === undefined ? "" : `?${query}`) + (fragment === undefined || fragment === "" ? "" : `#${fragment}`);
  return { text: `${scheme === "" ? "" : `${scheme}:`}${rest}${tail}`, scheme, host, path };
}

/** What Go finds wrong with the host of a URL. */
function badHost(host: string): string | undefined {
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(host);
  if (badEscape !== null) return `invalid URL escape ${quote(badEscape[0])}`;
  const character = /[ <>"{}|\\^`]/.exec(host);
  if (character !== null) return `invalid character ${quote(character[0])} in host name`;
  if (host.startsWith("[")) {
    const end = host.lastIndexOf("]");
    if (end < 0) return "missing ']' in host";
    const address = host.slice(1, end).split("%25")[0]!;
    if (!isIp(address)) return `invalid host: ParseAddr(${quote(address)}): unable to parse IP`;
    return /^(:[0-9]*)?$/.test(host.slice(end + 1))
      ? undefined
      : `invalid port ${quote(host.slice(end + 1))} after host`;
  }
  const colon = host.indexOf(":");
  if (colon < 0 || /^:[0-9]*$/.test(host.slice(colon))) return undefined;
  return `invalid port ${quote(host.slice(colon))} after host`;
}

function cut(text: string, at: string): [string, string | undefined] {
  const found = text.indexOf(at);
  return found < 0 ? [text, undefined] : [text.slice(0, found), text.slice(found + 1)];
}

function trimSpace(text: string): string {
  return text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, "");
}

/** Whether a host is an address and not a name: what a listener may be bound to. */
export function isIp(host: string): boolean {
  const v4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
  if (v4.test(host)) return true;
  if (!host.includes(":") || !/^[0-9a-fA-F:.]+$/.test(host)) return false;
  let groups = host;
  const dotted = /(^|:)([0-9.]+\.[0-9.]+)$/.exec(host);
  if (dotted !== null) {
    if (!v4.test(dotted[2]!)) return false;
    groups = `${host.slice(0, host.length - dotted[2]!.length)}0:0`;
  }
  const halves = groups.split("::");
  if (halves.length > 2) return false;
  const parts = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return false;
  return halves.length === 2 ? parts.length < 8 : parts.length === 8;
}
