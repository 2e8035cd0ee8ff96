/** Who may come in by HTTP: flags `--host-whitelist` and `--cors`; "*" lets everyone in. */
export interface AccessOptions {
  readonly hostWhitelist: ReadonlySet<string>;
  readonly cors: ReadonlySet<string>;
}

export const openAccess: AccessOptions = { hostWhitelist: new Set(["*"]), cors: new Set(["*"]) };

/** Host of a `Host` header without its port and brackets. */
export function hostName(header: string | undefined): string {
  if (header === undefined) return "";
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header);
  if (bracketed !== null) return bracketed[1]!;
  const colon = header.lastIndexOf(":");
  return colon >= 0 && /^\d*$/.test(header.slice(colon + 1)) && header.indexOf(":") === colon
    ? header.slice(0, colon)
    : header;
}

/** An empty list or "*" accepts any host, as etcd does (CVE-2018-5702 is what the list is for). */
export function hostAllowed(options: AccessOptions, host: string): boolean {
  return options.hostWhitelist.size === 0 || options.hostWhitelist.has("*") || options.hostWhitelist.has(host);
}

/** The value of `Access-Control-Allow-Origin`, or undefined when this origin gets none. */
export function allowedOrigin(options: AccessOptions, origin: string | undefined): string | undefined {
  if (options.cors.size === 0 || options.cors.has("*")) return "*";
  return origin !== undefined && options.cors.has(origin) ? origin : undefined;
}

export const corsHeaders = {
  "Access-Control-Allow-Methods": "POST, GET, OPTIONS, PUT, DELETE",
  "Access-Control-Allow-Headers": "accept, content-type, authorization",
} as const;

/** What a refused host is told: what happened, why, and the two ways out. */
export function hostRefusal(host: string): string {
  return `
etcd received your request, but the Host header was unrecognized.

To fix this, choose one of the following options:
- Enable TLS, then any HTTPS request will be allowed.
- Add the hostname you want to use to the whitelist in settings.
  - e.g. etcd --host-whitelist ${JSON.stringify(host)}

This requirement has been added to help prevent "DNS Rebinding" attacks (CVE-2018-5702).
`;
}
