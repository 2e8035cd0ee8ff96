import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** In Go's words. */
export const notAllowed = "client certificate authentication failed";

/** Whether a certificate has one of these common names, or is good for one of these hosts; an empty list asks nothing. */
export function isAllowed(certificate: X509Certificate, cns: readonly string[], hosts: readonly string[]): boolean {
  if (cns.length > 0 && !cns.includes(commonName(certificate))) return false;
  return hosts.length === 0 || hosts.some((host) => goodFor(certificate, host));
}

function commonName(certificate: X509Certificate): string {
  // One attribute a line; the last CN counts, as in Go.
  return (
    certificate.subject
      .split("\n")
      .filter((line) => line.startsWith("CN="))
      .at(-1)
      ?.slice(3) ?? ""
  );
}

export function goodFor(certificate: X509Certificate, host: string): boolean {
  const found = isIP(host) === 0 ? certificate.checkHost(host, { subject: "never" }) : certificate.checkIP(host);
  return found !== undefined;
}
