export { Mvcc } from "./mvcc.ts";
export { filterKvs, isNaturalOrder, type RangeAnswer, rangeRequest, rangeStream, sortKvs } from "./range.ts";
export {
  type ApplyTxnOptions,
  applyDeleteRange,
  applyPut,
  applyTxn,
  isTxnReadonly,
  isTxnSerializable,
} from "./txn.ts";
export type * from "./types.ts";
