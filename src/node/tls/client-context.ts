import type { ConnectionOptions } from "node:tls";
import type { Logger } from "../../base/index.ts";
import { TlsFiles } from "./material.ts";
import type { TlsSettings } from "./settings.ts";

/**
 * What to pass to `tls.connect` (or an HTTPS agent) for calls under these settings; asked for each connection, so that
 * renewed certificates are used. Throws TlsFileError.
 */
export function clientContext(settings: TlsSettings, logger: Logger): () => ConnectionOptions {
  const files = new TlsFiles(settings, logger, true);
  return () => ({ ...files.current().context, rejectUnauthorized: !settings.selfSigned });
}
