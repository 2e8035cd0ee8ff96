export { type RestoreOptions, requireFree, restoreSnapshot, type Sha256 } from "./restore.ts";
