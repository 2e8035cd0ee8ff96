export { type DiskCase, diskCases, flockCases } from "./acceptance.ts";
export {
  type DiskOp,
  type DiskOpKind,
  type Fault,
  FaultDisk,
  type FaultRule,
  failFrom,
  failNth,
} from "./fault.ts";
export { type CrashKeep, MemoryDisk, type MemoryDiskOptions, SECTOR_BYTES } from "./memory.ts";
export { directoryOf, joinPath, nameOf } from "./path.ts";
export { RealDisk, type RealDiskOptions } from "./real.ts";
export {
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
  type DiskStat,
  isDiskError,
  type OpenMode,
} from "./types.ts";
