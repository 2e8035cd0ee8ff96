import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pemBlocks, pemText } from "./pem.ts";

/** Where Linux distributions keep the authorities that the system trusts, in Go's order. */
const files = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];
const directories = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/**
 * The authorities that the system trusts, each as PEM, as Go finds them: `SSL_CERT_FILE` and `SSL_CERT_DIR`, or the places of
 * the distributions. Node trusts a list of its own instead, which knows nothing of an authority that a company added to its
 * machines. Undefined where the system has none to tell, or keeps them elsewhere than in files: then Node's list has to do.
 */
export function systemRoots(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string[] | undefined {
  const { SSL_CERT_FILE: file = "", SSL_CERT_DIR: directory = "" } = env;
  if (platform !== "linux" && file === "" && directory === "") return undefined;
  const roots = new Set<string>();
  for (const path of file === "" ? files : [file]) {
    const found = certificatesOf(path);
    for (const root of found) roots.add(root);
    if (found.length > 0) break;
  }
  const more = directory === "" ? (roots.size > 0 ? [] : directories) : directory.split(":");
  for (const path of more) {
    for (const name of namesIn(path)) for (const root of certificatesOf(join(path, name))) roots.add(root);
  }
  return roots.size === 0 ? undefined : [...roots];
}

function certificatesOf(path: string): string[] {
  try {
    const blocks = pemBlocks(readFileSync(path));
    return blocks.filter(({ type }) => type === "CERTIFICATE").map(({ type, bytes }) => pemText(type, bytes));
  } catch {
    return [];
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
