import { checkGiven, checkOptions, everyOf, isBytes, type Kind, kinds, notWanted, oneOf } from "../base/pure.ts";
import type { Config } from "./config.ts";
import { type ConfChange, type ConfChangeV2, MessageType } from "./types.ts";

/*
 * What an application hands in at the doors of `quorate/raft`. A value of a wrong type is the application's mistake and gets a
 * TypeError; a message that makes no sense gets a RaftError as its answer (admission.ts).
 */

const sizeKind: Kind = {
  wanted: "a whole number from 0, or Infinity",
  holds: (value) => kinds.count.holds(value) || value === Number.POSITIVE_INFINITY,
};
const numberKind: Kind = { wanted: "a number", holds: (value) => typeof value === "number" };
const storageKind: Kind = {
  wanted: "a Storage: an object with initialState, entries, term, firstIndex, lastIndex and snapshot",
  holds: (value) =>
    kinds.object.holds(value) &&
    ["initialState", "entries", "term", "firstIndex", "lastIndex", "snapshot"].every(
      (name) => typeof (value as Record<string, unknown>)[name] === "function",
    ),
};

const configShape = {
  // Whether the number makes sense is said by resolveConfig, in RaftErrors.
  id: { wanted: "a bigint", holds: (value) => typeof value === "bigint" },
  electionTick: numberKind,
  heartbeatTick: numberKind,
  storage: storageKind,
  random: kinds.fn,
  applied: kinds.count,
  asyncStorageWrites: kinds.flag,
  maxSizePerMsg: sizeKind,
  maxCommittedSizePerReady: sizeKind,
  maxUncommittedEntriesSize: sizeKind,
  maxInflightMsgs: sizeKind,
  maxInflightBytes: sizeKind,
  checkQuorum: kinds.flag,
  preVote: kinds.flag,
  readOnlyOption: oneOf(0, 1),
  maxPendingReads: sizeKind,
  proposalTerms: kinds.flag,
  disableProposalForwarding: kinds.flag,
  disableConfChangeValidation: kinds.flag,
  stepDownOnRemoval: kinds.flag,
  logger: kinds.object,
  logStaleAppends: kinds.flag,
} as const satisfies Record<keyof Config, Kind>;

export function checkConfig(config: unknown): void {
  checkOptions("new RawNode", config, configShape, ["id", "electionTick", "heartbeatTick", "storage", "random"]);
}

/** Bytes for an entry. The first look is the cheap one: proposals come by the hundred thousand. */
export function checkData(where: string, name: string, data: unknown): void {
  if (data instanceof Uint8Array && data.length > 0) return;
  if (!isBytes(data)) throw notWanted(where, name, kinds.bytes.wanted, data);
}

export function checkId(where: string, name: string, id: unknown): void {
  checkGiven(where, name, id, kinds.uint64);
}

const changeKind: Kind = {
  wanted: "a ConfChange ({ id, type, nodeId, context }) or a ConfChangeV2 ({ transition, changes, context })",
  holds(value) {
    if (!kinds.object.holds(value)) return false;
    const change = value as Partial<ConfChange & ConfChangeV2>;
    if (!isBytes(change.context)) return false;
    if (!("changes" in change)) return kinds.uint64.holds(change.id) && isSingle(change);
    return kinds.count.holds(change.transition) && Array.isArray(change.changes) && everyOf(change.changes, isSingle);
  },
};

function isSingle(value: unknown): boolean {
  if (!kinds.object.holds(value)) return false;
  const { type, nodeId } = value as Partial<ConfChange>;
  return kinds.count.holds(type) && kinds.uint64.holds(nodeId);
}

export function checkChange(where: string, change: unknown): void {
  checkGiven(where, "change", change, changeKind);
}

/** The parts of a message that decide what is looked at next; the rest is judged by `refuse`. */
export function checkMessage(message: unknown): void {
  if (typeof message !== "object" || message === null) throw notWanted("node.step", "message", "a Message", message);
  const { type, from, to, entries, context } = message as Record<string, unknown>;
  if (typeof type !== "number") {
    throw notWanted(
      "node.step",
      "message.type",
      `a MessageType (${MessageType.MsgHup} to ${MessageType.MsgForgetLeader})`,
      type,
    );
  }
  if (typeof from !== "bigint") throw notWanted("node.step", "message.from", "a bigint", from);
  if (typeof to !== "bigint") throw notWanted("node.step", "message.to", "a bigint", to);
  if (!Array.isArray(entries)) throw notWanted("node.step", "message.entries", "an array of entries", entries);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (typeof entry !== "object" || entry === null)
      throw notWanted("node.step", `message.entries[${i}]`, "an Entry", entry);
    const { data } = entry;
    if (!(data instanceof Uint8Array) && !isBytes(data)) {
      throw notWanted("node.step", `message.entries[${i}].data`, kinds.bytes.wanted, data);
    }
  }
  if (context !== undefined && !(context instanceof Uint8Array) && !isBytes(context)) {
    throw notWanted("node.step", "message.context", kinds.bytes.wanted, context);
  }
}
