export { CipherSuiteError, checkCipherSuites, http2Fault } from "./cipher-suites.ts";
export { clientContext } from "./client-context.ts";
export { TlsFileError } from "./material.ts";
export { ensureSelfSigned } from "./self-signed-files.ts";
export { asksForCertificate, hasCertificate, noTls, type TlsSettings } from "./settings.ts";
export { TlsServer } from "./tls-server.ts";
