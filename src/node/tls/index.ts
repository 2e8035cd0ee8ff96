export { CipherSuiteError, checkCipherSuites, http2Fault } from "./cipher-suites.ts";
/** @internal Speaks of `node:tls`: left out of the package's types. */
export { clientContext } from "./client-context.ts";
/** @internal As above. */
export { TlsFileError } from "./material.ts";
export { ensureSelfSigned } from "./self-signed-files.ts";
export { asksForCertificate, hasCertificate, noTls, type TlsSettings } from "./settings.ts";
/** @internal As above. */
export { TlsServer } from "./tls-server.ts";
