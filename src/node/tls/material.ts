import { constants } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext, type SecureContextOptions, type SecureVersion } from "node:tls";
import { fileErrorText, type Logger } from "../../base/index.ts";
import { ciphersOf, keyExchanges, missingCipherSuites } from "./cipher-suites.ts";
import { type KeyPair, PemError, readAuthorities, readKeyPair } from "./key-pair.ts";
import { revokedSerials } from "./revocation.ts";
import { hasCertificate, type TlsSettings } from "./settings.ts";
import { systemRoots } from "./system-roots.ts";

/** A certificate, key or list cannot be used; the message is etcd's where etcd has one. */
export class TlsFileError extends Error {
  override readonly name = "TlsFileError";
}

/** What the files of a side hold; another object after each change. */
export interface TlsMaterial {
  /** For node:tls. */
  readonly context: SecureContextOptions;
  /** Serial numbers on the revocation list, or why the list cannot be used: then nobody with a certificate is let in. */
  readonly revoked: ReadonlySet<string> | TlsFileError;
}

/**
 * Certificates read from files, and read again when a file has changed: new connections get the new ones, without a
 * restart. Files that cannot be read while the server runs leave the former ones in use and are told in the log.
 */
export class TlsFiles {
  readonly #settings: TlsSettings;
  readonly #logger: Logger;
  readonly #caller: boolean;
  #stamp: string;
  #material: TlsMaterial;

  /** `caller`: for calls to others, which may show a certificate of their own. Throws TlsFileError. */
  constructor(settings: TlsSettings, logger: Logger, caller = false) {
    this.#settings = settings;
    this.#logger = logger;
    this.#caller = caller;
    this.#stamp = this.#stampNow();
    try {
      this.#material = this.#load();
    } catch (error) {
      // Go's words, which the error has, name no file.
      logger.error("cannot use the files for TLS", { ...this.#names(), error });
      throw error;
    }
    const missing = missingCipherSuites(settings.cipherSuites);
    if (missing.length > 0) logger.warn("TLS cipher suites that this Node does not have are left out", { missing });
    if (this.#material.revoked instanceof TlsFileError) {
      logger.warn("cannot use the revocation list; callers that show a certificate will be refused", {
        "crl-file": settings.crlFile,
        error: this.#material.revoked,
      });
    }
  }

  current(): TlsMaterial {
    const stamp = this.#stampNow();
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      try {
        this.#material = this.#load();
      } catch (error) {
        const what = this.#caller ? "failed to create client certificate" : "failed to create peer certificate";
        this.#logger.warn(what, { ...this.#names(), error });
      }
    }
    return this.#material;
  }

  #names(): Record<string, string> {
    const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile } = this.#settings;
    const names = {
      "cert-file": certFile,
      "key-file": keyFile,
      "client-cert-file": clientCertFile,
      "client-key-file": clientKeyFile,
      "trusted-ca-file": trustedCaFile,
    };
    return Object.fromEntries(Object.entries(names).filter(([, path]) => path !== ""));
  }

  #stampNow(): string {
    const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile, crlFile } = this.#settings;
    return [certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile, crlFile].map(fileStamp).join(" ");
  }

  #load(): TlsMaterial {
    const { trustedCaFile, crlFile, cipherSuites, minVersion, maxVersion } = this.#settings;
    const pair = this.#pair();
    const ca = trustedCaFile === "" ? this.#systemRoots() : authoritiesOf(trustedCaFile);
    const revoked = crlFile === "" ? new Set<string>() : serialsOf(crlFile);
    const { ciphers, onlyTls13 } = ciphersOf(cipherSuites);
    if (onlyTls13 && maxVersion === "TLS1.2") {
      throw new TlsFileError(
        `none of the cipher suites ${cipherSuites.join(",")} is one that this Node has for TLS 1.2, and --tls-max-version allows no other version`,
      );
    }
    const context: SecureContextOptions = {
      ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
      ...(ca === undefined ? {} : { ca }),
      ciphers,
      ecdhCurve: keyExchanges(),
      // Go's servers know no renegotiation; Node's allow three in ten minutes, which cost the server more than the client.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      minVersion: onlyTls13 ? "TLSv1.3" : (versions[minVersion] ?? "TLSv1.2"),
      maxVersion: versions[maxVersion] ?? "TLSv1.3",
    };
    try {
      // Finds out now whether OpenSSL takes it all.
      createSecureContext(context);
    } catch (error) {
      const { cert, key } = this.#shown();
      throw new TlsFileError(`tls: certificate ${cert} with key ${key} cannot be used: ${opensslReason(error)}`, {
        cause: error,
      });
    }
    return { context, revoked };
  }

  /** Who else vouches for others, where this side asks who they are. */
  #systemRoots(): string[] | undefined {
    const asks = this.#caller ? !this.#settings.selfSigned : this.#settings.clientCertAuth;
    return asks ? systemRoots() : undefined;
  }

  /** The files of the certificate that this side shows. */
  #shown(): { readonly cert: string; readonly key: string } {
    const { certFile, keyFile, clientCertFile, clientKeyFile } = this.#settings;
    return this.#caller && clientCertFile !== ""
      ? { cert: clientCertFile, key: clientKeyFile }
      : { cert: certFile, key: keyFile };
  }

  /** The checks of etcd in its order: whoever has a certificate needs all its files in order, also those it does not show here. */
  #pair(): KeyPair | undefined {
    const { certFile, keyFile, clientCertFile, clientKeyFile, allowedCns, allowedHostnames } = this.#settings;
    if (!hasCertificate(this.#settings)) return undefined;
    if (certFile === "" || keyFile === "") {
      throw new TlsFileError(`KeyFile and CertFile must both be present[key: ${keyFile}, cert: ${certFile}]`);
    }
    let pair = pairOf(certFile, keyFile);
    if ((clientCertFile === "") !== (clientKeyFile === "")) {
      throw new TlsFileError(
        `ClientKeyFile and ClientCertFile must both be present or both absent: key: ${clientKeyFile}, cert: ${clientCertFile}]`,
      );
    }
    if (clientCertFile !== "") {
      const own = pairOf(clientCertFile, clientKeyFile);
      if (this.#caller) pair = own;
    }
    if (allowedCns.length > 0 && allowedHostnames.length > 0) {
      const [cns, hosts] = [goList(allowedCns), goList(allowedHostnames)];
      throw new TlsFileError(`AllowedCNs and AllowedHostnames are mutually exclusive (cns=${cns}, hostnames=${hosts})`);
    }
    return pair;
  }
}

const versions: Readonly<Record<string, SecureVersion>> = { "TLS1.2": "TLSv1.2", "TLS1.3": "TLSv1.3" };

function goList(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;
}

function fileStamp(path: string): string {
  if (path === "") return "";
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "gone" : `${stat.mtimeMs}/${stat.size}/${stat.ino}`;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TlsFileError(fileErrorText(path, error), { cause: error });
  }
}

function pairOf(certFile: string, keyFile: string): KeyPair {
  const [cert, key] = [read(certFile), read(keyFile)];
  return told(() => readKeyPair(cert, key));
}

/** All certificates of the file, each read, so that a broken one is found at the start and not by a client. */
function authoritiesOf(path: string): string[] {
  const file = read(path);
  return told(() => readAuthorities(file));
}

function told<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof PemError) throw new TlsFileError(error.message, { cause: error });
    throw error;
  }
}

/** A list that cannot be used keeps no server from starting, as in etcd, which reads it when somebody calls. */
function serialsOf(path: string): Set<string> | TlsFileError {
  try {
    return revokedSerials(read(path));
  } catch (error) {
    if (error instanceof TlsFileError) return error;
    if (error instanceof RangeError) return new TlsFileError("x509: malformed crl", { cause: error });
    throw error;
  }
}

/** What OpenSSL says, without its numbers and the names of its parts: `ee key too small`. */
function opensslReason(error: unknown): string {
  const { reason, message } = error as { reason?: string; message: string };
  return reason ?? message.replace(/^error:[0-9A-F]+:[^:]*:[^:]*:/, "");
}
