export type { ChunkMemory } from "../bolt/index.ts";
export { readStoreFacts, type StoreFacts } from "./facts.ts";
export { openStore } from "./open.ts";
export { isRevisionKey, isTombstoneKey, mainOf, revisionKey, subOf } from "./revision-key.ts";
export {
  type BucketName,
  bucketNames,
  type ConfState,
  type RevisionScanner,
  type RevisionVisitor,
  type RowVisitor,
  type Store,
  type StoreOptions,
  type StoreSnapshot,
} from "./types.ts";
