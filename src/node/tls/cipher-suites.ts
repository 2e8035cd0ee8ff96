/** Cipher suites by the names that Go gives them, and what OpenSSL calls them. */
import { createSecureContext, getCiphers } from "node:tls";

/** A name that is no cipher suite. The message is etcd's. */
export class CipherSuiteError extends Error {
  override readonly name = "CipherSuiteError";

  constructor(suite: string) {
    super(`unexpected TLS cipher suite ${JSON.stringify(suite)}`);
  }
}

/** Suites of TLS 1.3. They are always on: neither Go nor etcd lets them be chosen. */
const tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** Suites of TLS 1.2 that Go 1.26 uses by default, in its order of preference. */
const tls12 = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

/** Suites of TLS 1.2 that Go knows and uses only when it is told to. */
const onRequest = [
  "TLS_RSA_WITH_RC4_128_SHA",
  "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
  "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
  "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
];

/** Names that etcd has for suites beside Go's. */
const olderNames = ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"];

const known = new Set([...tls13, ...tls12, ...onRequest, ...olderNames]);

/** Refuses a list with a name that is none, in the order of the list. Throws CipherSuiteError. */
export function checkCipherSuites(suites: readonly string[]): void {
  const wrong = suites.find((suite) => !known.has(suite));
  if (wrong !== undefined) throw new CipherSuiteError(wrong);
}

/** What HTTP/2 asks of a list of suites for TLS 1.2. The message is that of Go's HTTP/2. */
export function http2Fault(suites: readonly string[]): string | undefined {
  const required = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];
  if (suites.length === 0 || suites.some((suite) => required.includes(suite))) return undefined;
  return `http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least one of ${required.join(" or ")})`;
}

/** Names of OpenSSL that this build of Node has. */
let built: ReadonlySet<string> | undefined;

/** Those of the suites that this build of Node does not have, such as RC4. */
export function missingCipherSuites(suites: readonly string[]): string[] {
  built ??= new Set(getCiphers().map((name) => name.toUpperCase()));
  return suites.filter((suite) => !built!.has(opensslName(suite).toUpperCase()));
}

/** How OpenSSL is told the suites. */
export interface Ciphers {
  readonly ciphers: string;
  /** None of the chosen suites is left for TLS 1.2, so that it must not be spoken. */
  readonly onlyTls13: boolean;
}

/**
 * OpenSSL's cipher string for the suites that were chosen; Go's default ones when none were. Level 1 is what Go's own limits
 * come to (RSA from 1024 bits on, no SHA-1 in certificates); Node's own default is 2 from release 24 on.
 */
export function ciphersOf(suites: readonly string[]): Ciphers {
  const wanted = suites.filter((suite) => !tls13.includes(suite));
  const gone = new Set(missingCipherSuites(wanted));
  const left = wanted.filter((suite) => !gone.has(suite));
  const onlyTls13 = suites.length > 0 && left.length === 0;
  // OpenSSL takes no empty list, also where TLS 1.2 is off and none is used.
  const names = [...tls13, ...(left.length === 0 ? tls12 : left).map(opensslName)];
  return { ciphers: [...new Set(names), "@SECLEVEL=1"].join(":"), onlyTls13 };
}

/** Key exchanges of Go 1.26 in its order; the first three need OpenSSL 3.5. */
const groups = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "X25519", "P-256", "P-384", "P-521"];
let builtGroups: string | undefined;

/** Those of Go's key exchanges that this build of Node has, for option `ecdhCurve`. */
export function keyExchanges(): string {
  builtGroups ??= groups.filter(isBuilt).join(":");
  return builtGroups;
}

function isBuilt(group: string): boolean {
  try {
    createSecureContext({ ecdhCurve: group });
    return true;
  } catch {
    return false;
  }
}

/** `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA` is OpenSSL's `ECDHE-RSA-AES128-SHA`. */
export function opensslName(name: string): string {
  if (tls13.includes(name)) return name;
  const [exchange = "", cipher = ""] = name.replace(/^TLS_/, "").split("_WITH_");
  const plain = cipher
    .replace(/^AES_/, "AES")
    .replace("_CBC_", "_")
    .replace(/^3DES_EDE_/, "DES_CBC3_")
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, "$1");
  return `${exchange === "RSA" ? "" : `${exchange}-`}${plain}`.replaceAll("_", "-");
}
