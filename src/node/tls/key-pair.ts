/**
 * Certificates and keys read as Go's `crypto/tls` and `crypto/x509` read them, with their words for what is wrong: OpenSSL's
 * (`error:0480006C:PEM routines::no start line`) mean nothing to the person who made the files, and OpenSSL takes some pairs
 * that do not belong together.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readDer, Tag } from "./der.ts";
import { type PemBlock, pemBlocks, pemText } from "./pem.ts";

/** Bytes that are no certificate, no key, or a certificate and a key that do not belong together. The message is Go's. */
export class PemError extends Error {
  override readonly name = "PemError";
}

/** A certificate with its chain and its private key, each as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  /** The certificate alone. */
  readonly leaf: X509Certificate;
}

const certificateType = "CERTIFICATE";

/** Reads the contents of a certificate file and of a key file. Throws PemError. */
export function readKeyPair(certFile: Buffer, keyFile: Buffer): KeyPair {
  const blocks = pemBlocks(certFile);
  const chain = blocks.filter(({ type }) => type === certificateType);
  const [first] = chain;
  if (first === undefined) throw noCertificate(blocks);
  const keyBlock = keyBlockOf(pemBlocks(keyFile));
  const leaf = parseCertificate(first.bytes);
  const publicKey = publicKeyOf(leaf);
  const key = parsePrivateKey(keyBlock.bytes);
  if (key.asymmetricKeyType !== publicKey.asymmetricKeyType) {
    throw new PemError("tls: private key type does not match public key type");
  }
  if (!createPublicKey(key).equals(publicKey)) throw new PemError("tls: private key does not match public key");
  return {
    cert: chain.map(({ bytes }) => pemText(certificateType, bytes)).join(""),
    key: key.export({ type: "pkcs8", format: "pem" }) as string,
    leaf,
  };
}

/** Reads a file of certificate authorities, each as PEM. A file without PEM blocks has none, which is no fault. Throws PemError. */
export function readAuthorities(file: Buffer): string[] {
  return pemBlocks(file).map(({ bytes }) => {
    const certificate = parseCertificate(bytes);
    publicKeyOf(certificate, false);
    return pemText(certificateType, bytes);
  });
}

function noCertificate(skipped: readonly PemBlock[]): PemError {
  if (skipped.length === 0) return new PemError("tls: failed to find any PEM data in certificate input");
  if (skipped.length === 1 && skipped[0]!.type.endsWith("PRIVATE KEY")) {
    return new PemError(
      "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
    );
  }
  return new PemError(
    `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${typesOf(skipped)}`,
  );
}

function keyBlockOf(blocks: readonly PemBlock[]): PemBlock {
  const found = blocks.find(({ type }) => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY"));
  if (found !== undefined) return found;
  if (blocks.length === 0) throw new PemError("tls: failed to find any PEM data in key input");
  if (blocks.length === 1 && blocks[0]!.type === certificateType) {
    throw new PemError("tls: found a certificate rather than a key in the PEM for the private key");
  }
  throw new PemError(
    `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${typesOf(blocks)}`,
  );
}

function typesOf(blocks: readonly PemBlock[]): string {
  return `[${blocks.map(({ type }) => type).join(" ")}]`;
}

function parseCertificate(bytes: Buffer): X509Certificate {
  const shape = shapeFault(bytes);
  if (shape !== undefined) throw new PemError(shape);
  try {
    return new X509Certificate(pemText(certificateType, bytes));
  } catch (error) {
    throw new PemError("x509: malformed certificate", { cause: error });
  }
}

/** What is wrong with the outermost two layers; there a key that was taken for a certificate is told from one. */
function shapeFault(bytes: Buffer): string | undefined {
  try {
    const outer = readDer(bytes);
    if (outer.tag !== Tag.Sequence) return "x509: malformed certificate";
    if (outer.end !== bytes.length) return "x509: trailing data";
    return readDer(outer.content).tag === Tag.Sequence ? undefined : "x509: malformed tbs certificate";
  } catch {
    return "x509: malformed certificate";
  }
}

/** OpenSSL's names of the curves that Go knows. */
const curves = new Set(["secp224r1", "prime256v1", "secp384r1", "secp521r1"]);
const keyTypes = new Set(["rsa", "ec", "ed25519"]);

/** `own`: the key must be one that a TLS server can use; authorities may have any. */
function publicKeyOf(certificate: X509Certificate, own = true): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = certificate.publicKey;
  } catch {
    // An algorithm that OpenSSL does not know either.
  }
  if (key?.asymmetricKeyType === "ec" && !curves.has(key.asymmetricKeyDetails?.namedCurve ?? "")) {
    throw new PemError("x509: unsupported elliptic curve");
  }
  if (own && (key === undefined || !keyTypes.has(key.asymmetricKeyType ?? ""))) {
    throw new PemError("tls: unknown public key algorithm");
  }
  return key as KeyObject;
}

/** Whatever the block calls itself: PKCS #1, then PKCS #8, then SEC 1. Encrypted keys are none of these. */
function parsePrivateKey(bytes: Buffer): KeyObject {
  for (const type of ["pkcs1", "pkcs8", "sec1"] as const) {
    let key: KeyObject;
    try {
      key = createPrivateKey({ key: bytes, format: "der", type });
    } catch {
      continue;
    }
    const kind = key.asymmetricKeyType ?? "";
    if (kind === "x25519") throw new PemError("tls: found unknown private key type in PKCS#8 wrapping");
    if (!keyTypes.has(kind)) break;
    if (kind === "ec" && !curves.has(key.asymmetricKeyDetails?.namedCurve ?? "")) break;
    return key;
  }
  throw new PemError("tls: failed to parse private key");
}
