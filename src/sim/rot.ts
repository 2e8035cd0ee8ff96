import { below, type Random } from "../base/index.ts";
import type { MemoryDisk } from "../storage/disk/index.ts";

/** What a platter or a controller did to a file while nobody looked. */
export interface Damage {
  readonly path: string;
  readonly what: string;
}

const sectorBytes = 512;
const pageBytes = 4096;
const windowBytes = 256 * 1024;

/**
 * Damages one file of a member that is at rest, for good: a bit turned over in the log, in a snapshot file or in a meta page of the
 * database; a sector of the log, or a page of the database, that lies where another belongs. Other bits of the database have no
 * checksum in etcd's format, so that nobody could tell; HashKV does.
 */
export function damage(disk: MemoryDisk, dataDir: string, random: Random): Damage | undefined {
  const logs = filesOf(disk, `${dataDir}/member/wal`, ".wal");
  const snapshots = filesOf(disk, `${dataDir}/member/snap`, ".snap");
  const db = `${dataDir}/member/snap/db`;
  switch (below(random, 6)) {
    case 0:
    case 1:
      return flip(disk, pick(logs, random), random);
    case 2:
      return misdirect(disk, pick(logs, random), sectorBytes, random);
    case 3:
      return flip(disk, pick(snapshots, random), random);
    case 4:
      // The fields of a meta page stand in its first 80 bytes, behind the page header.
      return flip(disk, db, random, below(random, 2) * pageBytes + 16, 64);
    default:
      return misdirect(disk, db, pageBytes, random);
  }
}

function filesOf(disk: MemoryDisk, directory: string, suffix: string): string[] {
  if (disk.stat(directory) === undefined) return [];
  return disk
    .list(directory)
    .filter((name) => name.endsWith(suffix))
    .map((name) => `${directory}/${name}`);
}

function pick(paths: readonly string[], random: Random): string | undefined {
  return paths[below(random, Math.max(1, paths.length))];
}

/** Where what was written ends: behind it a log file holds zeros. */
function writtenBytes(disk: MemoryDisk, path: string): number {
  const file = disk.open(path, "read");
  const window = new Uint8Array(windowBytes);
  let end = 0;
  for (let at = 0; at < file.size(); at += windowBytes) {
    const length = file.readSync(window, at);
    const last = window.subarray(0, length).findLastIndex((byte) => byte !== 0);
    if (last === -1) break;
    end = at + last + 1;
  }
  file.close();
  return end;
}

function flip(
  disk: MemoryDisk,
  path: string | undefined,
  random: Random,
  from = 0,
  length = path === undefined ? 0 : writtenBytes(disk, path),
): Damage | undefined {
  if (path === undefined || length === 0) return undefined;
  const at = from + below(random, length);
  const bit = below(random, 8);
  change(disk, path, at, (bytes) => {
    bytes[0]! ^= 1 << bit;
  });
  return { path, what: `bit ${bit} of byte ${at} turned over` };
}

/** Block `to` holds what was meant for block `from`. */
function misdirect(disk: MemoryDisk, path: string | undefined, blockBytes: number, random: Random): Damage | undefined {
  if (path === undefined || disk.stat(path) === undefined) return undefined;
  const written = writtenBytes(disk, path);
  const blocks = Math.floor(written / blockBytes);
  if (blocks < 2) return undefined;
  const from = below(random, blocks);
  const to = below(random, blocks);
  const file = disk.open(path, "write");
  const [source, target] = [new Uint8Array(blockBytes), new Uint8Array(blockBytes)];
  file.readSync(source, from * blockBytes);
  file.readSync(target, to * blockBytes);
  // The inside of a value that takes several pages has no header to be told by.
  const headed = blockBytes !== pageBytes || (idOf(target) === to && idOf(source) === from);
  if (from !== to && headed) file.writeSync([source], to * blockBytes);
  file.syncSync();
  file.close();
  return from !== to && headed
    ? { path, what: `block ${to} of ${blockBytes} bytes holds what belongs into block ${from}` }
    : undefined;
}

/** Turns over a bit in the length of the last entry of the log, so that it reaches past the end of the file. */
export function flipLength(disk: MemoryDisk, dataDir: string): Damage | undefined {
  const path = filesOf(disk, `${dataDir}/member/wal`, ".wal").at(-1);
  const at = path === undefined ? undefined : framesOf(disk, path).findLast(({ entry }) => entry)?.at;
  if (path === undefined || at === undefined) return undefined;
  change(disk, path, at + 5, (bytes) => {
    bytes[0]! ^= 1;
  });
  return { path, what: `bit 40 of the length at byte ${at} turned over` };
}

/** A bit in the middle of the last entry of the log turns over: its checksum is wrong. */
export function flipPayload(disk: MemoryDisk, dataDir: string): Damage | undefined {
  const path = filesOf(disk, `${dataDir}/member/wal`, ".wal").at(-1);
  const frame = path === undefined ? undefined : framesOf(disk, path).findLast(({ entry }) => entry);
  if (path === undefined || frame === undefined) return undefined;
  const at = Math.floor((frame.at + frameHeadBytes + frame.end) / 2);
  change(disk, path, at, (bytes) => {
    bytes[0]! ^= 1;
  });
  return { path, what: `bit 0 of byte ${at} turned over` };
}

/** A sector of the log holds the zeros that were there before: its own write went elsewhere. It is the first that a record fills. */
export function loseSector(disk: MemoryDisk, dataDir: string): Damage | undefined {
  const path = filesOf(disk, `${dataDir}/member/wal`, ".wal").at(-1);
  if (path === undefined) return undefined;
  for (const { at, end } of framesOf(disk, path)) {
    const sector = Math.ceil((at + frameHeadBytes) / sectorBytes) * sectorBytes;
    if (sector + sectorBytes > end) continue;
    change(disk, path, sector, (bytes) => bytes.fill(0), sectorBytes);
    return { path, what: `sector at byte ${sector} was never written` };
  }
  return undefined;
}

const frameHeadBytes = 8;

/** Where the records of a log file lie, and which of them are entries. */
function framesOf(disk: MemoryDisk, path: string): { at: number; end: number; entry: boolean }[] {
  const file = disk.open(path, "read");
  const bytes = new Uint8Array(writtenBytes(disk, path));
  file.readSync(bytes, 0);
  file.close();
  const view = new DataView(bytes.buffer);
  const frames: { at: number; end: number; entry: boolean }[] = [];
  for (let at = 0; at + frameHeadBytes < bytes.length; ) {
    const end = at + frameHeadBytes + view.getUint32(at, true);
    // The type comes first: field 1 of the record, 2 for an entry.
    frames.push({ at, end, entry: bytes[at + frameHeadBytes] === 0x08 && bytes[at + frameHeadBytes + 1] === 2 });
    at = Math.ceil(end / 8) * 8;
  }
  return frames;
}

function change(disk: MemoryDisk, path: string, at: number, act: (bytes: Uint8Array) => void, length = 1): void {
  const file = disk.open(path, "write");
  const bytes = new Uint8Array(length);
  file.readSync(bytes, at);
  act(bytes);
  file.writeSync([bytes], at);
  file.syncSync();
  file.close();
}

function idOf(page: Uint8Array): number {
  return new DataView(page.buffer).getUint32(0, true);
}
