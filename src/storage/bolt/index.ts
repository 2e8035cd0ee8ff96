export { Bolt, type BoltOptions, type BoltStats } from "./bolt.ts";
export { Bucket, defaultFillPercent } from "./bucket.ts";
export type { CommitTimes } from "./commit-writer.ts";
export { Cursor } from "./cursor.ts";
export { BoltError, type BoltErrorCode, isBoltError } from "./errors.ts";
export { Page } from "./format.ts";
export { type ChunkMemory, Tx, type TxStats } from "./tx.ts";
