import { readDer, readDerAll, Tag } from "./der.ts";

/**
 * Serial numbers in a revocation list (RFC 5280, DER or PEM), as upper-case hex without leading zeros, the form of
 * `X509Certificate.serialNumber`. Neither the list's signature nor its age is looked at: the operator put the file there.
 * Throws RangeError when it is no such list.
 */
export function revokedSerials(file: Uint8Array): Set<string> {
  const list = readDer(unwrapped(file));
  const content = readDer(list.content);
  if (list.tag !== Tag.Sequence || content.tag !== Tag.Sequence) throw new RangeError("not a revocation list");
  // version?, signature, issuer, this update, next update?, revoked?, extensions?
  const fields = readDerAll(content.content);
  const updates = fields.filter(({ tag }) => tag === Tag.UtcTime || tag === Tag.GeneralizedTime);
  const last = fields.indexOf(updates.at(-1)!);
  if (last < 0) throw new RangeError("not a revocation list");
  const revoked = fields[last + 1];
  if (revoked === undefined || revoked.tag !== Tag.Sequence) return new Set();
  return new Set(readDerAll(revoked.content).map((entry) => serialText(readDer(entry.content).content)));
}

function unwrapped(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString("latin1");
  const base64 = /-----BEGIN [^-]+-----([^-]+)-----END/.exec(text)?.[1];
  return base64 === undefined ? file : Buffer.from(base64, "base64");
}

export function serialText(bytes: Uint8Array): string {
  return normalSerial(Buffer.from(bytes).toString("hex"));
}

export function normalSerial(hex: string): string {
  return hex.toUpperCase().replace(/^0+(?=.)/, "");
}
