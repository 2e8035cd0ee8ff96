import type { X509Certificate } from "node:crypto";
import { promises as dns } from "node:dns";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { callerAddress, type Logger, messageOf, networkError, plainAddress, tlsErrorText } from "../../base/index.ts";
import { TlsFileError, TlsFiles, type TlsMaterial } from "./material.ts";
import { goodFor, isAllowed, notAllowed } from "./names.ts";
import { normalSerial } from "./revocation.ts";
import { asksForCertificate, type TlsSettings } from "./settings.ts";

/** As etcd's; a socket that says nothing for so long is closed. */
const handshakeTimeoutMs = 10_000;

/** Turns accepted sockets into secured ones; those that fail a check are told in the log and closed. */
export class TlsServer {
  readonly #settings: TlsSettings;
  readonly #files: TlsFiles;
  readonly #server: Server;
  readonly #logger: Logger;
  readonly #what: string;
  readonly #onSecure: (socket: TLSSocket) => void;
  readonly #open = new Set<Socket>();
  #inUse: TlsMaterial;

  /**
   * `what` names the endpoint in the log, `client` or `peer`. Throws TlsFileError when a file cannot be used.
   */
  constructor(settings: TlsSettings, what: string, logger: Logger, onSecure: (socket: TLSSocket) => void) {
    this.#settings = settings;
    this.#what = what;
    this.#logger = logger;
    this.#onSecure = onSecure;
    this.#files = new TlsFiles(settings, logger);
    this.#inUse = this.#files.current();
    this.#server = createServer({
      ...this.#inUse.context,
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: asksForCertificate(settings),
      // Checked here instead, since node:tls does not say what was wrong.
      rejectUnauthorized: false,
      // A client without ALPN speaks what its first bytes say.
      ALPNProtocols: ["h2", "http/1.1"],
    });
    this.#server.on("secureConnection", (socket) => void this.#check(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      this.#reject(socket, callerAddress(socket), handshakeFault(error));
      socket.destroy();
    });
  }

  /** Starts the handshake on a socket that nothing was taken from, or all that was taken was put back. */
  take(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    const material = this.#files.current();
    if (material !== this.#inUse) {
      this.#server.setSecureContext(material.context);
      this.#inUse = material;
    }
    this.#server.emit("connection", socket);
  }

  /** Drops handshakes under way and secured sockets alike. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async #check(socket: TLSSocket): Promise<void> {
    const address = callerAddress(socket);
    // Nobody listens for its errors during the check.
    const onError = () => {};
    socket.on("error", onError);
    const fault = await this.#fault(socket);
    socket.off("error", onError);
    if (socket.destroyed) return;
    if (fault === undefined) {
      this.#onSecure(socket);
      return;
    }
    socket.on("error", onError);
    this.#reject(socket, address, fault);
    socket.destroy();
  }

  /** Why this caller is not wanted, in Go's words. */
  async #fault(socket: TLSSocket): Promise<string | undefined> {
    if (!asksForCertificate(this.#settings)) return undefined;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return "tls: client didn't provide a certificate";
    if (!socket.authorized) return `tls: failed to verify certificate: ${verifyFault(socket.authorizationError)}`;
    const { allowedCns, allowedHostnames, checkCallerAddress } = this.#settings;
    if (!isAllowed(certificate, allowedCns, allowedHostnames)) return notAllowed;
    if (checkCallerAddress) {
      const fault = await addressFault(certificate, socket.remoteAddress ?? "");
      if (fault !== undefined) return fault;
    }
    const { revoked } = this.#files.current();
    if (revoked instanceof TlsFileError) return revoked.message;
    if (revoked.size === 0) return undefined;
    for (let link: X509Certificate | undefined = certificate; link !== undefined; link = link.issuerCertificate) {
      const serial = normalSerial(link.serialNumber);
      if (revoked.has(serial)) return `transport: certificate serial ${serial.toLowerCase()} revoked`;
      if (link.issuerCertificate === link) break;
    }
    return undefined;
  }

  #reject(socket: TLSSocket, address: string, error: string): void {
    const certificate = socket.destroyed ? undefined : socket.getPeerX509Certificate();
    const names = certificate === undefined ? undefined : alternativeNames(certificate);
    const fields = {
      "remote-addr": address,
      "server-name": typeof socket.servername === "string" ? socket.servername : "",
      ...(names === undefined ? {} : { "ip-addresses": names.addresses, "dns-names": names.hosts }),
      error,
    };
    // Port scanners and health checks hang up without a word, all day long.
    this.#logger[error === "EOF" ? "debug" : "warn"](`rejected connection on ${this.#what} endpoint`, fields);
  }
}

function handshakeFault(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNRESET") return "EOF";
  return tlsErrorText(error) ?? networkError(error).message;
}

function verifyFault(error: unknown): string {
  const code = messageOf(error);
  switch (code) {
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "x509: certificate has expired or is not yet valid";
    case "INVALID_PURPOSE":
      return "x509: certificate specifies an incompatible key usage";
    default:
      return "x509: certificate signed by unknown authority";
  }
}

function alternativeNames(certificate: X509Certificate): { addresses: string[]; hosts: string[] } {
  const names = (certificate.subjectAltName ?? "").split(", ");
  const of = (kind: string) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  return { addresses: of("IP Address:"), hosts: of("DNS:") };
}

/** A certificate that names addresses or hosts must name the caller's; what leads there is asked of the name service. */
async function addressFault(certificate: X509Certificate, remote: string): Promise<string | undefined> {
  const { addresses, hosts } = alternativeNames(certificate);
  if (addresses.length === 0 && hosts.length === 0) return undefined;
  const caller = plainAddress(remote);
  if (addresses.length > 0 && goodFor(certificate, caller)) return undefined;
  if (hosts.length === 0) {
    return `x509: certificate is valid for ${addresses.join(", ")}, not ${caller}`;
  }
  const plain = hosts.filter((host) => !host.startsWith("*."));
  const endings = hosts.filter((host) => host.startsWith("*.")).map((host) => host.slice(1));
  const callers = (await dns.reverse(caller).catch(() => [])).map((name) => name.replace(/\.$/, ""));
  if (callers.some((name) => plain.includes(name) || endings.some((ending) => name.endsWith(ending)))) return undefined;
  for (const host of plain) {
    const found = await dns.lookup(host, { all: true }).catch(() => []);
    if (found.some(({ address }) => address === caller)) return undefined;
  }
  return `tls: "${caller}" does not match any of DNSNames [${hosts.map((host) => `"${host}"`).join(" ")}]`;
}
