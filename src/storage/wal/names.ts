import { type Disk, isDiskError } from "../disk/index.ts";
import { WalError } from "./errors.ts";

/** Name of a segment: its number in the log, counted from 0, and the index its first entry has or will have. */
export interface SegmentName {
  readonly name: string;
  readonly sequence: number;
  readonly index: number;
}

const SHAPE = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;

export function segmentName(sequence: number, index: number): string {
  return `${hex16(sequence)}-${hex16(index)}.wal`;
}

/** Undefined for a name of another shape; etcd skips such files with a warning. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = SHAPE.exec(name);
  if (match === null) return undefined;
  const sequence = Number.parseInt(match[1]!, 16);
  const index = Number.parseInt(match[2]!, 16);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(index)) return undefined;
  return { name, sequence, index };
}

export function hex16(value: number): string {
  return value.toString(16).padStart(16, "0");
}

/** Whether the directory holds a log: any file that ends in `.wal`. A directory that is not there holds none. */
export function walExists(disk: Disk, dir: string): boolean {
  try {
    return disk.list(dir).some((name) => name.endsWith(".wal"));
  } catch (error) {
    if (isDiskError(error, "NotFound") || isDiskError(error, "NotDirectory")) return false;
    throw error;
  }
}

/** The segments of a log in order; `FileNotFound` when there is none. */
export function listSegments(disk: Disk, dir: string, warn?: (name: string) => void): SegmentName[] {
  const segments: SegmentName[] = [];
  let names: string[] = [];
  try {
    names = disk.list(dir);
  } catch (error) {
    if (!isDiskError(error, "NotFound")) throw error;
  }
  for (const name of names) {
    const segment = parseSegmentName(name);
    if (segment !== undefined) segments.push(segment);
    else if (!name.endsWith(".tmp")) warn?.(name);
  }
  if (segments.length === 0) throw new WalError("FileNotFound", `wal: file not found: no log in ${dir}`);
  return segments;
}

/**
 * The segments needed to read on from `index`: the last one that starts at or before it, and all that follow, whose
 * numbers must be contiguous.
 */
export function selectSegments(segments: readonly SegmentName[], index: number, dir: string): SegmentName[] {
  let first = segments.length - 1;
  while (first >= 0 && segments[first]!.index > index) first--;
  if (first < 0) {
    throw new WalError("FileGap", `wal: file not found which matches the snapshot index '${index}' in ${dir}`);
  }
  for (let i = first + 1; i < segments.length; i++) {
    // etcd lets any number follow number 0; so do we, since a log restored by its tools may start that way.
    const before = segments[i - 1]!.sequence;
    if (before !== 0 && segments[i]!.sequence !== before + 1) {
      throw new WalError(
        "FileGap",
        `wal: file sequence numbers (starting from ${first}) do not increase continuously: ${segments[i]!.name} follows ${segments[i - 1]!.name} in ${dir}`,
      );
    }
  }
  return segments.slice(first);
}
