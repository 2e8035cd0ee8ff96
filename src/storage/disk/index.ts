export { directoryOf, joinPath, nameOf } from "./path.ts";
export { RealDisk } from "./real.ts";
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
