import { keyBytes, keyString } from "../../base/index.ts";
import type { Bucket } from "../bolt/index.ts";
import type { RowVisitor } from "./types.ts";

/** Changes of one bucket that wait for a commit, by key as latin1; undefined = deleted. */
export type Overlay = Map<string, Uint8Array | undefined>;

/** The file's rows and the overlay's as one sequence. */
export function visitMerged(
  bucket: Bucket,
  overlay: Overlay,
  from: Uint8Array,
  to: Uint8Array | undefined,
  visit: RowVisitor,
): void {
  const low = keyString(from);
  const high = to === undefined ? undefined : keyString(to);
  const changed: string[] = [];
  for (const name of overlay.keys()) if (name >= low && (high === undefined || name < high)) changed.push(name);
  changed.sort(byCode);
  let next = 0;
  /** Rows of the overlay below `bound`; true = stop. */
  const drain = (bound: string | undefined): boolean => {
    for (; next < changed.length && (bound === undefined || changed[next]! < bound); next++) {
      const value = overlay.get(changed[next]!);
      if (value !== undefined && visit(keyBytes(changed[next]!), value) === false) return true;
    }
    return false;
  };
  const cursor = bucket.cursor();
  for (let more = cursor.seek(from); more; more = cursor.next()) {
    const { key } = cursor;
    if (to !== undefined && Buffer.compare(key, to) >= 0) break;
    if (next < changed.length) {
      const name = keyString(key);
      if (drain(name)) return;
      if (changed[next] === name) {
        next++;
        const value = overlay.get(name);
        if (value !== undefined && visit(key, value) === false) return;
        continue;
      }
    }
    if (visit(key, cursor.rawValue) === false) return;
  }
  drain(undefined);
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
