import type { MessageCodec } from "./descriptor.ts";
import { InternalRaftRequest } from "./gen/internal.ts";
import { type Entry, EntryType } from "./gen/raftpb.ts";

/**
 * The oldest etcd that understands what was written, told by the version options of proto/*.proto. A member may be downgraded to a version only when
 * its log holds nothing newer. As etcd does it: set fields count, with their types and, for singular messages, what is in them; elements of
 * lists are not looked into.
 */

/** The later of two "major.minor" versions. */
function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const [aMajor, aMinor] = a.split(".").map(Number) as [number, number];
  const [bMajor, bMinor] = b.split(".").map(Number) as [number, number];
  return aMajor > bMajor || (aMajor === bMajor && aMinor >= bMinor) ? a : b;
}

/** "3.4", or undefined when nothing in the message names a version. */
export function minimalVersionOf<M>(codec: MessageCodec<M>, message: M): string | undefined {
  let version = codec.since;
  const slots = message as Record<string, unknown>;
  for (const field of codec.fields) {
    let value = slots[field.property];
    if (field.oneof !== undefined) {
      const arm = slots[field.oneof] as { case: string | undefined; value: unknown };
      if (arm.case !== field.property) continue;
      value = arm.value;
    } else if (field.repeated ? (value as unknown[]).length === 0 : isUnset(value)) continue;
    version = later(version, field.since);
    if (field.repeated) continue;
    if (field.kind === "message") {
      const inner = field.message!();
      version = later(version, minimalVersionOf(inner, field.embed ? inner.decode(value as Uint8Array) : value));
    } else if (field.kind === "enum") {
      version = later(version, field.enumeration!.since);
      version = later(version, field.enumeration!.valuesSince[value as number]);
    }
  }
  return version;
}

function isUnset(value: unknown): boolean {
  return (
    value === undefined ||
    value === 0 ||
    value === 0n ||
    value === "" ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

/** As `minimalVersionOf`, for an entry of the log. Throws `DecodeError` when its data is no request. */
export function minimalVersionOfEntry(entry: Entry): string | undefined {
  switch (entry.type) {
    case EntryType.EntryConfChange:
      return "3.0";
    case EntryType.EntryConfChangeV2:
      return "3.4";
    default: {
      const request = InternalRaftRequest.decode(entry.data);
      const version = minimalVersionOf(InternalRaftRequest, request);
      // A test's way to make an entry of any version.
      const asked = request.downgradeVersionTest?.ver;
      return asked === undefined ? version : later(version, asked.split(".").slice(0, 2).join("."));
    }
  }
}
