import { Code } from "../../base/index.ts";
import { type Status, status } from "../../wire/grpc/index.ts";

/** What the header fields of an HTTP request say of the gRPC call that it becomes. */
export interface CallHead {
  /** From `Grpc-Timeout`; Infinity without one. Zero or less: the deadline has passed already. */
  readonly timeoutMs: number;
  readonly metadata: readonly (readonly [name: string, value: string])[];
  /** Why no call can be made: found when the method is called, so a body that cannot be read is told first. */
  readonly fault: Status | undefined;
}

/** Header fields that cannot be read: refused before the body is looked at. */
export class HeadError extends Error {
  override readonly name = "HeadError";
}

/**
 * Reads the header fields as grpc-gateway does: `Authorization` and whatever carries the prefix `Grpc-Metadata-` become the
 * call's metadata, `Grpc-Timeout` its deadline.
 *
 * @param rawHeaders names and values by turns, as node:http gives them
 * @throws HeadError for a timeout or a binary field that is malformed; its message holds latin1
 */
export function readCallHead(rawHeaders: readonly string[]): CallHead {
  const timeoutMs = readTimeout(firstOf(rawHeaders, "grpc-timeout"));
  const metadata: [string, string][] = [];
  let fault: Status | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    if (name === "authorization") {
      if (printable.test(value)) metadata.push([name, value]);
      else fault ??= unprintable(name);
    } else if (name.startsWith(prefix)) {
      const key = name.slice(prefix.length);
      if (!keyForm.test(key)) continue;
      if (name.endsWith("-bin")) checkBinary(rawHeaders[i]!, value);
      else if (!printable.test(value)) continue;
      if (key === "") fault ??= status(Code.Internal, "there is an empty key in the header");
      else if (key === "connection") fault ??= status(Code.Internal, connectionRefused);
      else metadata.push([key, value]);
    } else if ((name === "x-forwarded-for" || name === "x-forwarded-host") && !printable.test(value)) {
      fault ??= unprintable(name);
    }
  }
  return { timeoutMs, metadata, fault };
}

const prefix = "grpc-metadata-";
const keyForm = /^[0-9a-z_.-]*$/;
const printable = /^[\x20-\x7e]*$/;
/** What a gRPC server does with this field of HTTP/1. */
const connectionRefused = "stream terminated by RST_STREAM with error code: PROTOCOL_ERROR";

function unprintable(name: string): Status {
  return status(Code.Internal, `header key "${name}" contains value with non-printable ASCII characters`);
}

/** The value of the first field of this name (lower case), as Go's `Header.Get`. */
export function firstOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}

const unitNanoseconds: Record<string, bigint> = {
  H: 3_600_000_000_000n,
  M: 60_000_000_000n,
  S: 1_000_000_000n,
  m: 1_000_000n,
  u: 1000n,
  n: 1n,
};
const int64Max = 2n ** 63n - 1n;

/** Milliseconds of a `Grpc-Timeout` field. Go multiplies in 64 bits, so what is too long wraps around. */
function readTimeout(text: string | undefined): number {
  if (text === undefined || text === "") return Number.POSITIVE_INFINITY;
  const match = /^([+-]?[0-9]+)([HMSmun])$/.exec(text);
  const count = match === null ? undefined : BigInt(match[1]!.replace("+", ""));
  if (count === undefined || count > int64Max || count < -int64Max - 1n) {
    throw new HeadError(`invalid grpc-timeout: ${text}`);
  }
  const nanoseconds = BigInt.asIntN(64, count * unitNanoseconds[match![2]!]!);
  // A timeout of nothing is none.
  return nanoseconds === 0n ? Number.POSITIVE_INFINITY : Number(nanoseconds) / 1e6;
}

/** A field whose name ends in `-Bin` holds base64, with its padding or without any. */
function checkBinary(name: string, value: string): void {
  const at = illegalBase64At(value);
  if (at === undefined) return;
  throw new HeadError(`invalid binary header ${canonical(name)}: illegal base64 data at input byte ${at}`);
}

/** `GRPC-metadata-x` as Go spells it: `Grpc-Metadata-X`. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

const base64Letter = /[A-Za-z0-9+/]/;

/** Position of the byte at which Go's decoder gives up, or undefined when it does not. */
function illegalBase64At(text: string): number | undefined {
  const padded = text.length % 4 === 0;
  for (let at = 0; at < text.length; at++) {
    if (base64Letter.test(text[at]!)) continue;
    const inGroup = at % 4;
    if (!padded || text[at] !== "=" || inGroup < 2) return at;
    if (inGroup === 2) {
      if (text[at + 1] !== "=") return at;
      at++;
    }
    return at + 1 < text.length ? at + 1 : undefined;
  }
  // One letter alone holds no byte.
  return !padded && text.length % 4 === 1 ? text.length - 1 : undefined;
}
