// Written by scripts/gen-proto.mjs from proto/snappb.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeBytes, sizeUint32, Writer } from "../writer.ts";

export interface Snapshot {
  /** CRC-32C of data. */
  crc: number;
  data: Uint8Array;
}

export function createSnapshot(init?: Partial<Snapshot>): Snapshot {
  if (init === undefined) return { crc: 0, data: EMPTY };
  return {
    crc: init.crc ?? 0,
    data: init.data ?? EMPTY,
  };
}

export function sizeSnapshot(m: Snapshot): number {
  let n = 0;
  n += 1 + sizeUint32(m.crc);
  if (m.data.length !== 0) n += 1 + sizeBytes(m.data);
  return n;
}

export function writeSnapshot(w: Writer, m: Snapshot): void {
  {
    w.byte(8);
    w.uint32(m.crc);
  }
  if (m.data.length !== 0) {
    w.byte(18);
    w.bytes(m.data);
  }
}

export function encodeSnapshot(m: Snapshot): Uint8Array {
  const size = sizeSnapshot(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeSnapshot(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readSnapshot(r: Reader, end: number, depth: number, into?: Snapshot): Snapshot {
  if (depth < 0) tooDeep();
  let $crc: number = 0;
  let $data: Uint8Array = EMPTY;
  if (into !== undefined) {
    $crc = into.crc;
    $data = into.data;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $crc = r.uint32();
        break;
      case 18:
        $data = r.view(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { crc: $crc, data: $data };
}

export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  return readSnapshot(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const Snapshot: MessageCodec<Snapshot> = {
  typeName: "snappb.snapshot",
  since: undefined,
  fields: [
    { name: "crc", jsonName: "crc", property: "crc", number: 1, kind: "uint32", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "data", jsonName: "data", property: "data", number: 2, kind: "bytes", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createSnapshot(),
  encode: encodeSnapshot,
  decode: decodeSnapshot,
};
