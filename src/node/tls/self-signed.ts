import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { der, objectId, readDerAll, Tag, unsignedInteger } from "./der.ts";

/** A certificate that vouches for itself, both as PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

/** What the key may be used for: to be called, to call. */
export const Usage = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** The last time that a certificate can name. */
const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59);

const ecdsaWithSha512 = () => der(Tag.Sequence, objectId("1.2.840.10045.4.3.4"));

/**
 * A certificate for these hosts (names or addresses), of the kind etcd's auto-tls makes: P-521, organisation `etcd`, its own CA.
 * Node can sign but has no call that puts a certificate together.
 */
export function selfSigned(
  hosts: readonly string[],
  from: Date,
  years: number,
  usages: readonly string[] = [Usage.server],
): SelfSigned {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-521" });
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const name = der(
    Tag.Sequence,
    der(Tag.Set, der(Tag.Sequence, objectId("2.5.4.10"), der(Tag.PrintableString, Buffer.from("etcd")))),
  );
  const until = new Date(Math.min(from.getTime() + years * 365 * 24 * 3_600_000, lastSecond));
  // The key's id: SHA-1 of the bits of the public key, without the byte that counts unused ones.
  const [, bits] = readDerAll(readDerAll(spki)[0]!.content);
  const keyId = createHash("sha1").update(bits!.content.subarray(1)).digest();
  const extensions = [
    // digitalSignature, keyEncipherment, cRLSign: bits 0, 2 and 6.
    extension("2.5.29.15", true, der(Tag.BitString, Uint8Array.of(1, 0b1010_0010))),
    extension("2.5.29.37", false, der(Tag.Sequence, ...usages.map(objectId))),
    extension("2.5.29.19", true, der(Tag.Sequence, der(Tag.Boolean, Uint8Array.of(0xff)))),
    extension("2.5.29.14", false, der(Tag.OctetString, keyId)),
    ...(hosts.length === 0 ? [] : [extension("2.5.29.17", false, der(Tag.Sequence, ...hosts.map(alternativeName)))]),
  ];
  const content = der(
    Tag.Sequence,
    // Version 3, which counts from 0.
    der(0xa0, unsignedInteger(Uint8Array.of(2))),
    unsignedInteger(randomBytes(16)),
    ecdsaWithSha512(),
    name,
    der(Tag.Sequence, time(from), time(until)),
    name,
    spki,
    der(0xa3, der(Tag.Sequence, ...extensions)),
  );
  const signature = sign("sha512", content, pair.privateKey);
  const whole = der(Tag.Sequence, content, ecdsaWithSha512(), der(Tag.BitString, Uint8Array.of(0), signature));
  return {
    cert: pem("CERTIFICATE", whole),
    key: pair.privateKey.export({ type: "sec1", format: "pem" }).toString(),
  };
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [der(Tag.Boolean, Uint8Array.of(0xff))] : [];
  return der(Tag.Sequence, objectId(id), ...flag, der(Tag.OctetString, value));
}

/** [2] a name, [7] an address. */
function alternativeName(host: string): Uint8Array {
  switch (isIP(host)) {
    case 4:
      return der(0x87, Uint8Array.from(host.split(".").map(Number)));
    case 6:
      return der(0x87, ipv6Bytes(host));
    default:
      return der(0x82, Buffer.from(host, "latin1"));
  }
}

function ipv6Bytes(text: string): Uint8Array {
  // The URL parser knows every way to write an address and has one: groups in hex, the longest run of zeros as `::`.
  const plain = new URL(`http://[${text.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = groups(tail ?? "");
  const zeros: number[] = new Array(8 - front.length - back.length).fill(0);
  return Uint8Array.from([...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]));
}

/** Two digits of the year until 2049, four later. */
function time(date: Date): Uint8Array {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? der(Tag.UtcTime, Buffer.from(`${digits.slice(2)}Z`))
    : der(Tag.GeneralizedTime, Buffer.from(`${digits}Z`));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
