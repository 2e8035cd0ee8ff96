/**
 * The bytes of conf change entries: protobuf, as etcd 3.7 writes them. Raft reads them on the leader, which must know what a
 * proposed change asks for; it needs no other codec, so this one is written by hand.
 *
 *     ConfChange        1 id (left out when 0)   2 type   3 nodeId   4 context (left out when empty)
 *     ConfChangeSingle  1 type   2 nodeId
 *     ConfChangeV2      1 transition   2 changes (ConfChangeSingle, repeated)   3 context (left out when empty)
 */
import { checkChange } from "../arguments.ts";
import { EMPTY } from "../messages.ts";
import {
  type ConfChange,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type Entry,
  EntryType,
  NONE,
} from "../types.ts";

/** The entry that proposes a change: its type and its data. */
export function encodeConfChangeEntry(change: ConfChange | ConfChangeV2): { type: EntryType; data: Uint8Array } {
  if (isV2(change)) return { type: EntryType.EntryConfChangeV2, data: encodeConfChangeV2(change) };
  return { type: EntryType.EntryConfChange, data: encodeConfChange(change) };
}

/**
 * The change in a conf change entry of either kind; undefined when the bytes make no sense.
 *
 * @example
 * if (entry.type !== EntryType.EntryNormal) node.applyConfChange(decodeConfChangeEntry(entry)!, entry.index);
 */
export function decodeConfChangeEntry(entry: Entry): ConfChange | ConfChangeV2 | undefined {
  return entry.type === EntryType.EntryConfChange ? decodeConfChange(entry.data) : decodeConfChangeV2(entry.data);
}

/** A single change in the general form. */
export function asConfChangeV2(change: ConfChange | ConfChangeV2): ConfChangeV2 {
  if (isV2(change)) return change;
  return {
    transition: ConfChangeTransition.ConfChangeTransitionAuto,
    changes: [{ type: change.type, nodeId: change.nodeId }],
    context: change.context,
  };
}

/** What a change does to the configuration. */
export type ConfChangePlan = "leaveJoint" | "simple" | "enterJoint" | "enterJointAutoLeave";

/** Undefined for a transition that is none. */
export function planOf(change: ConfChangeV2): ConfChangePlan | undefined {
  switch (change.transition) {
    case ConfChangeTransition.ConfChangeTransitionAuto:
      if (change.changes.length === 0) return "leaveJoint";
      return change.changes.length === 1 ? "simple" : "enterJointAutoLeave";
    case ConfChangeTransition.ConfChangeTransitionJointImplicit:
      return "enterJointAutoLeave";
    case ConfChangeTransition.ConfChangeTransitionJointExplicit:
      return "enterJoint";
    default:
      return undefined;
  }
}

/**
 * The data of an entry of type EntryConfChange.
 *
 * @example
 * encodeConfChange({ id: 0n, type: ConfChangeType.ConfChangeAddNode, nodeId: 2n, context: EMPTY }); // 10 00 18 02
 */
export function encodeConfChange(change: ConfChange): Uint8Array {
  checkChange("encodeConfChange", change);
  const out = new Sink();
  if (change.id !== 0n) out.varint(1, change.id);
  out.varint(2, BigInt(change.type));
  out.varint(3, change.nodeId);
  if (change.context.length > 0) out.bytes(4, change.context);
  return out.finish();
}

/** The data of an entry of type EntryConfChangeV2. */
export function encodeConfChangeV2(change: ConfChangeV2): Uint8Array {
  checkChange("encodeConfChangeV2", change);
  const out = new Sink();
  out.varint(1, BigInt(change.transition));
  for (const { type, nodeId } of change.changes) {
    const single = new Sink();
    single.varint(1, BigInt(type));
    single.varint(2, nodeId);
    out.bytes(2, single.finish());
  }
  if (change.context.length > 0) out.bytes(3, change.context);
  return out.finish();
}

/** Reads what `encodeConfChange` or etcd wrote; undefined for anything else. `context` is a view of `data`. */
export function decodeConfChange(data: Uint8Array): ConfChange | undefined {
  const change: ConfChange = { id: 0n, type: ConfChangeType.ConfChangeAddNode, nodeId: NONE, context: EMPTY };
  const complete = eachField(data, (field, value, bytes) => {
    if (field === 1) change.id = value;
    else if (field === 2) change.type = Number(value) as ConfChangeType;
    else if (field === 3) change.nodeId = value;
    else if (field === 4) change.context = bytes;
    return true;
  });
  return complete && isChangeType(change.type) ? change : undefined;
}

/** Reads what `encodeConfChangeV2` or etcd wrote; undefined for anything else. No bytes: leave the joint configuration. */
export function decodeConfChangeV2(data: Uint8Array): ConfChangeV2 | undefined {
  const change: ConfChangeV2 = {
    transition: ConfChangeTransition.ConfChangeTransitionAuto,
    changes: [],
    context: EMPTY,
  };
  const complete = eachField(data, (field, value, bytes) => {
    if (field === 1) change.transition = Number(value) as ConfChangeTransition;
    else if (field === 3) change.context = bytes;
    else if (field === 2) {
      const single = decodeSingle(bytes);
      if (single === undefined) return false;
      change.changes.push(single);
    }
    return true;
  });
  return complete && planOf(change) !== undefined ? change : undefined;
}

function decodeSingle(data: Uint8Array): ConfChangeSingle | undefined {
  const single: ConfChangeSingle = { type: ConfChangeType.ConfChangeAddNode, nodeId: NONE };
  const complete = eachField(data, (field, value) => {
    if (field === 1) single.type = Number(value) as ConfChangeType;
    else if (field === 2) single.nodeId = value;
    return true;
  });
  return complete && isChangeType(single.type) ? single : undefined;
}

function isV2(change: ConfChange | ConfChangeV2): change is ConfChangeV2 {
  return "changes" in change;
}

function isChangeType(type: number): boolean {
  return type >= ConfChangeType.ConfChangeAddNode && type <= ConfChangeType.ConfChangeAddLearnerNode;
}

/** Growing bytes of one message. */
class Sink {
  readonly #bytes: number[] = [];

  varint(field: number, value: bigint): void {
    this.#raw(BigInt(field << 3));
    this.#raw(value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#raw(BigInt((field << 3) | 2));
    this.#raw(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #raw(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.#bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }
}

/**
 * Visits the fields of a protobuf message: varints as `value`, lengths as `bytes`; fields of other kinds are skipped, as
 * unknown fields must be. False when the bytes end in the middle of something or the visitor says so.
 */
function eachField(data: Uint8Array, visit: (field: number, value: bigint, bytes: Uint8Array) => boolean): boolean {
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = data[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return undefined;
  };
  while (at < data.length) {
    const key = varint();
    if (key === undefined || key >= 1n << 32n) return false;
    const field = Number(key >> 3n);
    if (field === 0) return false;
    switch (Number(key & 7n)) {
      case 0: {
        const value = varint();
        if (value === undefined || !visit(field, value, EMPTY)) return false;
        break;
      }
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (length === undefined || length > BigInt(data.length - at)) return false;
        const bytes = data.subarray(at, at + Number(length));
        at += bytes.length;
        if (!visit(field, 0n, bytes)) return false;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return false;
    }
  }
  return at === data.length;
}
