import type { RevisionStore } from "./types.ts";

/** Rows of bucket `meta` that mvcc owns; their values are revisions of 17 bytes with sub 0. */
export const scheduledCompactKey: Uint8Array = Buffer.from("scheduledCompactRev", "latin1");
export const finishedCompactKey: Uint8Array = Buffer.from("finishedCompactRev", "latin1");

/** Undefined when it was never written. */
export function readCompactRevision(store: Pick<RevisionStore, "get">, key: Uint8Array): number | undefined {
  const bytes = store.get("meta", key);
  if (bytes === undefined || bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
}

export function writeCompactRevision(store: Pick<RevisionStore, "put">, key: Uint8Array, revision: number): void {
  const bytes = Buffer.alloc(17);
  bytes.writeUInt32BE(Math.floor(revision / 0x1_0000_0000), 0);
  bytes.writeUInt32BE(revision >>> 0, 4);
  bytes[8] = 0x5f;
  store.put("meta", key, bytes);
}
