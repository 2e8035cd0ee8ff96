import { DEPTH_MAX, DecodeError, Reader, rpc } from "../../wire/proto/index.ts";

/*
 * Transactions in transactions. etcd lets them nest until its limit of operations is used up, each level being two messages, and reads what is
 * nested up to 10000 messages deep only to refuse it. Everything here that handles a transaction recurses: the codec, the checks, the log's
 * entry, its application, the answer. So one that is nested deeper than that is for is looked at without recursion, cut, and told what etcd tells.
 */

/** Messages within each other that a request may have; an entry of the log, which has a few more around it, stays within `DEPTH_MAX`. */
const KEPT_DEPTH = DEPTH_MAX - 100;
/** Go's protobuf reads no deeper. */
const GO_DEPTH_MAX = 10_000;

/** Requests of which something was left out. */
const cut = new WeakSet<rpc.TxnRequest>();

/** Whether `decodeTxn` left something out: such a request must not be carried out. Whatever is wrong with the rest goes before. */
export function isCut(request: rpc.TxnRequest): boolean {
  return cut.has(request);
}

/**
 * Reads a transaction. Of one that is nested too deeply the innermost part is left out, once all of it was found to be well formed.
 *
 * @throws DecodeError as any decoder; `Depth` only where Go's protobuf gives up, too
 */
export function decodeTxn(bytes: Uint8Array): rpc.TxnRequest {
  try {
    return rpc.readTxnRequest(new Reader(bytes), bytes.length, KEPT_DEPTH);
  } catch (error) {
    if (!(error instanceof DecodeError) || error.code !== "Depth") throw error;
  }
  const request = rpc.decodeTxnRequest(withoutDepths(bytes));
  cut.add(request);
  return request;
}

/** A message on the way down, and where it ends. */
interface Open {
  readonly kind: "txn" | "operation";
  readonly end: number;
}

/** The same transaction with those that lie too deep made empty; its length and all that is around them stay. */
function withoutDepths(bytes: Uint8Array): Uint8Array {
  const shallow = Uint8Array.from(bytes);
  const r = new Reader(bytes);
  const open: Open[] = [{ kind: "txn", end: bytes.length }];
  for (let message = open.at(-1); message !== undefined; message = open.at(-1)) {
    const { kind, end } = message;
    if (r.pos >= end) {
      r.done(end);
      open.pop();
      continue;
    }
    const tag = r.tag();
    const nested = kind === "txn" ? txnFields[tag] : operationFields[tag];
    if (nested === undefined) {
      r.skip(tag, end);
      continue;
    }
    const until = r.sub(end);
    if (open.length >= GO_DEPTH_MAX) throw new DecodeError("Depth", "messages nested too deeply");
    if (typeof nested === "function") {
      nested(bytes.subarray(r.pos, until));
      r.pos = until;
      continue;
    }
    if (nested === "txn" && open.length === KEPT_DEPTH) blank(shallow, r.pos, until);
    open.push({ kind: nested, end: until });
  }
  return shallow;
}

type Nested = Open["kind"] | ((bytes: Uint8Array) => unknown);

/** What is nested in a message, by the tags of its fields: a message to go into, or one that ends there. */
const txnFields: Record<number, Nested> = { 10: rpc.decodeCompare, 18: "operation", 26: "operation" };
const operationFields: Record<number, Nested> = {
  10: rpc.decodeRangeRequest,
  18: rpc.decodePutRequest,
  26: rpc.decodeDeleteRangeRequest,
  34: "txn",
};

/** A field that no message here has, with a length. */
const UNKNOWN_FIELD = (15 << 3) | 2;

/** Makes a message empty without changing its length: one field that nobody knows takes all of it. */
function blank(bytes: Uint8Array, from: number, to: number): void {
  if (from === to) return;
  bytes[from] = UNKNOWN_FIELD;
  // A varint may have more bytes than it needs, so that any length can be said.
  let sizeBytes = 1;
  while (to - from - 1 - sizeBytes >= 128 ** sizeBytes) sizeBytes++;
  let rest = to - from - 1 - sizeBytes;
  for (let i = 1; i <= sizeBytes; i++) {
    bytes[from + i] = (rest & 0x7f) | (i < sizeBytes ? 0x80 : 0);
    rest >>>= 7;
  }
}
