import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileErrorText, type Logger } from "../../base/index.ts";
import { RealDisk } from "../../storage/disk/index.ts";
import { TlsFileError } from "./material.ts";
import { selfSigned } from "./self-signed.ts";
import type { TlsSettings } from "./settings.ts";

/**
 * Settings with the certificate kept in `directory`, made there when it is not yet. `hosts` as in listen URLs, with ports.
 */
export function ensureSelfSigned(
  settings: TlsSettings,
  directory: string,
  hosts: readonly string[],
  years: number,
  logger: Logger,
): TlsSettings {
  const certFile = resolve(directory, "cert.pem");
  const keyFile = resolve(directory, "key.pem");
  if (years === 0) throw new TlsFileError("selfSignedCertValidity is invalid,it should be greater than 0");
  if (!existsSync(certFile) || !existsSync(keyFile)) {
    try {
      new RealDisk().makeDirectory(directory, 0o700);
    } catch (error) {
      logger.warn("cannot create cert directory", { error });
      throw error;
    }
    const made = selfSigned([...new Set(hosts.map(withoutPort))], new Date(), years);
    attempt(certFile, () => writeFileSync(certFile, made.cert));
    logger.info("created cert file", { path: certFile });
    attempt(keyFile, () => writeFileSync(keyFile, made.key, { mode: 0o600 }));
    logger.info("created key file", { path: keyFile });
  }
  return { ...settings, certFile, keyFile, clientCertFile: certFile, clientKeyFile: keyFile, selfSigned: true };
}

function attempt(path: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new TlsFileError(`cannot keep a certificate of its own: ${fileErrorText(path, error)}`, { cause: error });
  }
}

function withoutPort(host: string): string {
  return host.replace(/:[0-9]*$/, "").replace(/^\[|\]$/g, "");
}
