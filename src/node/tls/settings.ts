/** How one side of a member shows and checks certificates: towards clients, or towards other members. */
export interface TlsSettings {
  /** PEM files; both empty: no TLS. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Shown instead when we are the one who calls; empty: the pair above. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  /** Whoever calls must show a certificate of this CA; empty: of any CA the system trusts, if `clientCertAuth`. */
  readonly trustedCaFile: string;
  readonly clientCertAuth: boolean;
  /** Certificates listed there are refused. */
  readonly crlFile: string;
  /** One of these must be the caller's common name; empty: any. */
  readonly allowedCns: readonly string[];
  /** The caller's certificate must be good for one of these hosts; empty: any. */
  readonly allowedHostnames: readonly string[];
  /** Whether a caller's certificate that names hosts must name the one the call comes from. Members do, clients do not. */
  readonly checkCallerAddress: boolean;
  /** Go's names; empty: the platform's choice. Those of TLS 1.3 cannot be chosen. */
  readonly cipherSuites: readonly string[];
  /** `TLS1.2`, `TLS1.3`, or empty for the platform's choice. */
  readonly minVersion: string;
  readonly maxVersion: string;
  /** Certificate made on the spot: nobody can check it, so nobody does. */
  readonly selfSigned: boolean;
}

export const noTls: TlsSettings = {
  certFile: "",
  keyFile: "",
  clientCertFile: "",
  clientKeyFile: "",
  trustedCaFile: "",
  clientCertAuth: false,
  crlFile: "",
  allowedCns: [],
  allowedHostnames: [],
  checkCallerAddress: false,
  cipherSuites: [],
  minVersion: "",
  maxVersion: "",
  selfSigned: false,
};

/** Whether there is a certificate to show. */
export function hasCertificate(settings: TlsSettings): boolean {
  return settings.certFile !== "" || settings.keyFile !== "";
}

export function asksForCertificate(settings: TlsSettings): boolean {
  return settings.clientCertAuth || settings.trustedCaFile !== "";
}
