import { X509Certificate } from "node:crypto";
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from "node:tls";
import type { Logger } from "../../base/index.ts";
import { TlsFiles } from "./material.ts";
import { isAllowed, notAllowed } from "./names.ts";
import type { TlsSettings } from "./settings.ts";

/**
 * What to pass to `tls.connect` (or an HTTPS agent) for calls under these settings; asked for each connection, so that
 * renewed certificates are used. Throws TlsFileError.
 */
export function clientContext(settings: TlsSettings, logger: Logger): () => ConnectionOptions {
  const files = new TlsFiles(settings, logger, true);
  return () => ({
    ...files.current().context,
    rejectUnauthorized: !settings.selfSigned,
    checkServerIdentity: (host, certificate) =>
      checkServerIdentity(host, certificate) ?? nameFault(settings, certificate),
  });
}

/** Names that callers must have are asked of those we call, too. */
function nameFault({ allowedCns, allowedHostnames }: TlsSettings, certificate: PeerCertificate): Error | undefined {
  return isAllowed(new X509Certificate(certificate.raw), allowedCns, allowedHostnames)
    ? undefined
    : new Error(notAllowed);
}
