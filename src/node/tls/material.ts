import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext, type SecureContextOptions, type SecureVersion } from "node:tls";
import { type Logger, messageOf } from "../../base/index.ts";
import { revokedSerials } from "./revocation.ts";
import type { TlsSettings } from "./settings.ts";

/** A certificate, key or list cannot be used; the message names the file. */
export class TlsFileError extends Error {
  override readonly name = "TlsFileError";
}

/** What the files of a side hold; another object after each change. */
export interface TlsMaterial {
  /** For node:tls. */
  readonly context: SecureContextOptions;
  readonly revoked: ReadonlySet<string>;
}

/**
 * Certificates read from files, and read again when a file has changed: new connections get the new ones, without a
 * restart. Files that cannot be read while the server runs leave the former ones in use and are told in the log.
 */
export class TlsFiles {
  readonly #settings: TlsSettings;
  readonly #logger: Logger;
  readonly #cert: string;
  readonly #key: string;
  #stamp: string;
  #material: TlsMaterial;

  /** `caller`: for calls to others, which may show a certificate of their own. Throws TlsFileError. */
  constructor(settings: TlsSettings, logger: Logger, caller = false) {
    this.#settings = settings;
    this.#logger = logger;
    const own = caller && settings.clientCertFile !== "";
    this.#cert = own ? settings.clientCertFile : settings.certFile;
    this.#key = own ? settings.clientKeyFile : settings.keyFile;
    this.#stamp = this.#stampNow();
    this.#material = this.#load();
  }

  current(): TlsMaterial {
    const stamp = this.#stampNow();
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      try {
        this.#material = this.#load();
      } catch (error) {
        this.#logger.warn("failed to create peer certificate", {
          "cert-file": this.#cert,
          "key-file": this.#key,
          error,
        });
      }
    }
    return this.#material;
  }

  #stampNow(): string {
    const { trustedCaFile, crlFile } = this.#settings;
    return [this.#cert, this.#key, trustedCaFile, crlFile].map(fileStamp).join(" ");
  }

  #load(): TlsMaterial {
    const { trustedCaFile, crlFile, cipherSuites, minVersion, maxVersion } = this.#settings;
    const cert = this.#cert === "" ? undefined : read(this.#cert);
    const key = this.#key === "" ? undefined : read(this.#key);
    const ca = trustedCaFile === "" ? undefined : authorities(trustedCaFile);
    const revoked = crlFile === "" ? new Set<string>() : serialsOf(crlFile);
    const ciphers = cipherSuites.map(opensslName);
    try {
      const context: SecureContextOptions = {
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(ca === undefined ? {} : { ca }),
        // Those of TLS 1.3 stay: naming none would switch TLS 1.3 off.
        ...(ciphers.length === 0 ? {} : { ciphers: [...tls13, ...ciphers].join(":") }),
        minVersion: versions[minVersion] ?? "TLSv1.2",
        ...(versions[maxVersion] === undefined ? {} : { maxVersion: versions[maxVersion] }),
      };
      // Finds out now whether OpenSSL takes it all.
      createSecureContext(context);
      return { context, revoked };
    } catch (error) {
      throw new TlsFileError(`tls: ${this.#cert}, ${this.#key}: ${messageOf(error)}`, { cause: error });
    }
  }
}

const tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

const versions: Readonly<Record<string, SecureVersion>> = { "TLS1.2": "TLSv1.2", "TLS1.3": "TLSv1.3" };

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

function fileStamp(path: string): string {
  if (path === "") return "";
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "gone" : `${stat.mtimeMs}/${stat.size}/${stat.ino}`;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TlsFileError(messageOf(error, path), { cause: error });
  }
}

/** Each certificate of the file is tried, so that a broken one is found at the start and not by a client. */
function authorities(path: string): string[] {
  const found = read(path)
    .toString("latin1")
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (found === null) throw new TlsFileError(`tls: no certificate in ${path}`);
  try {
    for (const pem of found) new X509Certificate(pem);
  } catch (error) {
    throw new TlsFileError(`tls: ${path}: ${messageOf(error)}`, { cause: error });
  }
  return found;
}

function serialsOf(path: string): Set<string> {
  try {
    return revokedSerials(read(path));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TlsFileError(`tls: ${path}: ${error.message}`, { cause: error });
  }
}
