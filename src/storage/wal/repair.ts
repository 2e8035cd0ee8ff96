import type { Env } from "../../base/index.ts";
import { type Disk, type DiskFile, joinPath } from "../disk/index.ts";
import { RecordDecoder } from "./decoder.ts";
import { isWalError } from "./errors.ts";
import { listSegments } from "./names.ts";
import { RecordType } from "./types.ts";

const COPY_BYTES = 1 << 20;

/**
 * Cuts a torn tail off the last segment, so that the log opens again. Before, the segment is copied as it is to
 * `<name>.broken`. Nothing else is repaired: damage (a wrong checksum without the marks of a torn write) stays as it is and
 * gives false. True also when there was nothing to repair. Takes the segment's lock.
 */
export function repairWal(disk: Disk, dir: string, env: Env): boolean {
  const name = listSegments(disk, dir).at(-1)!.name;
  const path = joinPath(dir, name);
  const { logger } = env;
  const lock = disk.lock(path);
  const file = disk.open(path, "write");
  try {
    logger.info("repairing", { path });
    const goodEnd = findGoodEnd(path, file);
    if (goodEnd === undefined) {
      logger.info("repaired", { path, error: "EOF" });
      return true;
    }
    copy(disk, dir, file, `${path}.broken`);
    file.truncate(goodEnd);
    file.syncSync();
    logger.info("repaired", { path, error: "unexpected EOF", "good-bytes": goodEnd });
    return true;
  } catch (error) {
    logger.warn("failed to repair", { path, error });
    if (isWalError(error)) return false;
    throw error;
  } finally {
    file.close();
    lock.release();
  }
}

/** Where the torn tail starts; undefined if there is none. Throws on damage. */
function findGoodEnd(path: string, file: DiskFile): number | undefined {
  const decoder = new RecordDecoder([{ path, file }]);
  try {
    for (let record = decoder.next(); record !== undefined; record = decoder.next()) {
      if (record.type === RecordType.Crc) decoder.chain(record);
    }
    return undefined;
  } catch (error) {
    if (isWalError(error, "TornTail")) return decoder.offset;
    throw error;
  }
}

/** An earlier copy of that name is replaced. Durable on return: the original is cut next. */
function copy(disk: Disk, dir: string, from: DiskFile, to: string): void {
  const target = disk.open(to, "create");
  try {
    target.truncate(0);
    const size = from.size();
    const buffer = new Uint8Array(COPY_BYTES);
    for (let at = 0; at < size; ) {
      const got = from.readSync(buffer, at);
      if (got === 0) break;
      target.writeSync([buffer.subarray(0, got)], at);
      at += got;
    }
    target.syncSync();
  } finally {
    target.close();
  }
  disk.syncDirectory(dir);
}
