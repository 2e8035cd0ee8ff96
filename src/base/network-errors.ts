/**
 * What went wrong on a connection, in the words that Go has for it and that etcd's log and clients show: `dial tcp 10.0.0.1:2380:
 * connect: connection refused` instead of `connect ECONNREFUSED 10.0.0.1:2380` or an error of OpenSSL's.
 */
import { systemErrorText } from "./system-error.ts";

/** The fields of Node's errors on sockets, in names and in TLS. */
interface Raw {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly message?: string;
  /** Of the attempts at several addresses. */
  readonly errors?: readonly Raw[];
  /** Of a certificate for another host. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

/** Turns an error of a connection that was asked for, or stood, into one with Go's text. The code stays. */
export function networkError(error: unknown): Error & { readonly code?: string } {
  const raw = (error ?? {}) as Raw;
  const text = textOf(raw);
  if (text === undefined) return error instanceof Error ? error : new Error(String(error));
  const told = new Error(text, { cause: error });
  return raw.code === undefined ? told : Object.assign(told, { code: raw.code });
}

function textOf(raw: Raw): string | undefined {
  const { code = "", syscall = "", message = "" } = raw;
  // Go tells of the first address; Node's error of several has no text at all.
  if (raw.errors?.[0] !== undefined) return textOf(raw.errors[0]);
  if (syscall === "connect") return `dial ${placeOf(raw)}: connect: ${systemErrorText(raw) ?? message}`;
  if (syscall === "bind") return `dial tcp: bind: ${systemErrorText(raw) ?? message}`;
  if (syscall === "getaddrinfo") {
    const why = code === "ENOTFOUND" ? "no such host" : "temporary failure in name resolution";
    return `dial tcp: lookup ${raw.hostname ?? ""}: ${why}`;
  }
  if (syscall === "read" || syscall === "write") {
    const known = systemErrorText(raw);
    if (known !== undefined) return `${syscall}: ${known}`;
  }
  // `socket hang up`, and a server that ended the connection before or during the handshake.
  if (code === "ECONNRESET") return "EOF";
  return tlsErrorText(raw);
}

function placeOf({ address = "", port }: Raw): string {
  if (port === undefined) return `unix ${address}`;
  return `tcp ${address.includes(":") ? `[${address}]` : address}:${port}`;
}

const unverified = "tls: failed to verify certificate: x509: ";

/** What Go says of a handshake that failed for this reason of Node's or OpenSSL's; undefined when it is none of TLS. */
export function tlsErrorText(error: unknown): string | undefined {
  const raw = error as Raw;
  const { code = "", message = "" } = raw;
  switch (code) {
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_UNTRUSTED":
    case "CERT_SIGNATURE_FAILURE":
      return `${unverified}certificate signed by unknown authority`;
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return `${unverified}certificate has expired or is not yet valid`;
    case "INVALID_PURPOSE":
      return `${unverified}certificate specifies an incompatible key usage`;
    case "CERT_REVOKED":
      return `${unverified}certificate is revoked`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${unverified}${otherHost(raw)}`;
    case "ERR_TLS_HANDSHAKE_TIMEOUT":
      return "i/o timeout";
    case "ERR_SSL_HTTP_REQUEST":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "tls: first record does not look like a TLS handshake";
    case "ERR_SSL_NO_SHARED_CIPHER":
      return "tls: no cipher suite supported by both client and server";
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
      return "tls: client offered only unsupported versions";
    default: {
      const alert = /ALERT_(.*)$/.exec(code)?.[1];
      if (alert !== undefined) return `remote error: tls: ${alerts[alert] ?? alert.toLowerCase().replaceAll("_", " ")}`;
      // `error:0A000126:SSL routines::unexpected eof while reading`: the last part is for people.
      const reason = /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1];
      if (reason !== undefined) return reason === "unexpected eof while reading" ? "EOF" : `tls: ${reason}`;
      return code.startsWith("ERR_SSL_") ? `tls: ${code.slice(8).toLowerCase().replaceAll("_", " ")}` : undefined;
    }
  }
}

/** OpenSSL's names of alerts where Go's differ by more than the underscores. */
const alerts: Readonly<Record<string, string>> = {
  UNKNOWN_CA: "unknown certificate authority",
  CERTIFICATE_UNKNOWN: "unknown certificate",
  CERTIFICATE_EXPIRED: "expired certificate",
  CERTIFICATE_REVOKED: "revoked certificate",
  PROTOCOL_VERSION: "protocol version not supported",
};

function otherHost({ host = "", cert }: Raw): string {
  const names = (cert?.subjectaltname ?? "").split(", ");
  const of = (kind: string): string[] =>
    names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  if (/^[0-9.]+$|:/.test(host)) {
    const addresses = of("IP Address:");
    return addresses.length === 0
      ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
      : `certificate is valid for ${addresses.join(", ")}, not ${host}`;
  }
  const hosts = of("DNS:");
  return hosts.length === 0
    ? `certificate is not valid for any names, but wanted to match ${host}`
    : `certificate is valid for ${hosts.join(", ")}, not ${host}`;
}
