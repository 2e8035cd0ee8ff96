/** One line for each thing raft handles, in the words of etcd's raft: for people, logs and scenario files. */
import { asConfChangeV2, decodeConfChangeEntry } from "./confchange/index.ts";
import { isLocalTarget } from "./messages.ts";
import {
  confChangeTransitionName,
  confChangeTypeName,
  entryTypeName,
  hex,
  messageTypeName,
  stateTypeName,
} from "./names.ts";
import { isEmptyHardState, isEmptySnapshot } from "./storage.ts";
import {
  type ConfChange,
  type ConfChangeSingle,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  LOCAL_APPEND_THREAD,
  type Message,
  NONE,
  type ReadState,
  type Ready,
  type Snapshot,
  type SoftState,
} from "./types.ts";

/** How an application wants its entries' data shown. */
export type EntryFormatter = (data: Uint8Array) => string;

/** `Term:1 Vote:2 Commit:3`, in decimal. */
export function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === NONE ? "" : ` Vote:${vote}`} Commit:${commit}`;
}

/** `Lead:1 State:StateFollower`. */
export function describeSoftState({ lead, raftState }: SoftState): string {
  return `Lead:${lead} State:${stateTypeName(raftState)}`;
}

/** Every list, empty ones too, ids in decimal. */
export function describeConfState(state: ConfState): string {
  const list = (ids: readonly bigint[]) => `[${ids.join(" ")}]`;
  return (
    `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)} Learners:${list(state.learners)} ` +
    `LearnersNext:${list(state.learnersNext)} AutoLeave:${state.autoLeave}`
  );
}

/** What a snapshot stands for, without its data. */
export function describeSnapshot({ metadata }: Snapshot): string {
  if (metadata === undefined) return "Index:0 Term:0";
  const members = metadata.confState === undefined ? "" : describeConfState(metadata.confState);
  return `Index:${metadata.index} Term:${metadata.term} ConfState:${members}`;
}

/** `TERM/INDEX TYPE DATA`. Conf changes in short: v1 adds voter 1, l a learner, r removes, u updates. */
export function describeEntry(entry: Entry, format: EntryFormatter = quote): string {
  const shown = entry.type === EntryType.EntryNormal ? format(entry.data) : describeChangeEntry(entry);
  return `${entry.term}/${entry.index} ${entryTypeName(entry.type)}${shown === "" ? "" : ` ${shown}`}`;
}

function describeChangeEntry(entry: Entry): string {
  const change = decodeConfChangeEntry(entry);
  return change === undefined ? "undecodable" : describeChanges(asConfChangeV2(change).changes);
}

/** One entry a line. */
export function describeEntries(entries: readonly Entry[], format?: EntryFormatter): string {
  return entries.map((entry) => `${describeEntry(entry, format)}\n`).join("");
}

const changeLetters: Readonly<Record<ConfChangeType, string>> = {
  [ConfChangeType.ConfChangeAddNode]: "v",
  [ConfChangeType.ConfChangeAddLearnerNode]: "l",
  [ConfChangeType.ConfChangeRemoveNode]: "r",
  [ConfChangeType.ConfChangeUpdateNode]: "u",
};

/** `v1 l2 r3 u4`. */
export function describeChanges(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${changeLetters[type] ?? "unknown"}${nodeId}`).join(" ");
}

/**
 * The reverse of `describeChanges`; undefined when a token makes no sense.
 *
 * @example
 * parseChanges("v1 l2"); // add voter 1, add learner 2
 */
export function parseChanges(text: string): ConfChangeSingle[] | undefined {
  const changes: ConfChangeSingle[] = [];
  for (const token of text.split(" ").filter((part) => part !== "")) {
    const match = /^([vlru])(\d+)$/.exec(token);
    if (match === null) return undefined;
    const type = Object.values(ConfChangeType).find((kind) => changeLetters[kind] === match[1])!;
    changes.push({ type, nodeId: BigInt(match[2]!) });
  }
  return changes;
}

/** The long form, for log lines. */
export function describeConfChange(change: ConfChange | ConfChangeV2): string {
  const { transition, changes, context } = asConfChangeV2(change);
  const each = changes.map(({ type, nodeId }) => ` changes:{type:${confChangeTypeName(type)} node_id:${nodeId}}`);
  const note = context.length > 0 ? ` context:${quote(context)}` : "";
  return `transition:${confChangeTransitionName(transition)}${each.join("")}${note}`;
}

/** `FROM->TO TYPE Term:T Log:LOGTERM/INDEX` and what else is set; entries, snapshot and responses on lines of their own. */
export function describeMessage(message: Message, format?: EntryFormatter): string {
  return describeIndented(message, "", format);
}

function describeIndented(m: Message, indent: string, format: EntryFormatter | undefined): string {
  let text = `${indent}${describeTarget(m.from)}->${describeTarget(m.to)} ${messageTypeName(m.type)}`;
  text += ` Term:${m.term} Log:${m.logTerm}/${m.index}`;
  if (m.reject) text += ` Rejected (Hint: ${m.rejectHint})`;
  if (m.commit !== 0) text += ` Commit:${m.commit}`;
  if (m.vote !== NONE) text += ` Vote:${m.vote}`;
  if (m.entries.length === 1) text += ` Entries:[${describeEntry(m.entries[0]!, format)}]`;
  else if (m.entries.length > 1) {
    const lines = m.entries.map((entry) => `\n${indent}  ${describeEntry(entry, format)}`);
    text += ` Entries:[${lines.join("")}\n${indent}]`;
  }
  if (m.snapshot !== undefined && !isEmptySnapshot(m.snapshot)) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(m.snapshot)}`;
  }
  if (m.responses.length > 0) {
    const lines = m.responses.map((response) => `\n${describeIndented(response, `${indent}  `, format)}`);
    text += ` Responses:[${lines.join("")}\n${indent}]`;
  }
  return text;
}

function describeTarget(id: bigint): string {
  if (id === NONE) return "None";
  if (isLocalTarget(id)) return id === LOCAL_APPEND_THREAD ? "AppendThread" : "ApplyThread";
  return hex(id);
}

function describeReadStates(states: readonly ReadState[]): string {
  return `[${states.map(({ index, requestCtx }) => `{${index} [${requestCtx.join(" ")}]}`).join(" ")}]`;
}

/**
 * Everything there is to do, a line or block each, in the order of doing.
 *
 * @example
 * console.log(describeReady(node.ready()));
 */
export function describeReady(ready: Ready, format?: EntryFormatter): string {
  let text = "";
  if (ready.softState !== undefined) text += `${describeSoftState(ready.softState)}\n`;
  if (ready.hardState !== undefined && !isEmptyHardState(ready.hardState)) {
    text += `HardState ${describeHardState(ready.hardState)}\n`;
  }
  if (ready.readStates.length > 0) text += `ReadStates ${describeReadStates(ready.readStates)}\n`;
  if (ready.entries.length > 0) text += `Entries:\n${describeEntries(ready.entries, format)}`;
  if (ready.snapshot !== undefined && !isEmptySnapshot(ready.snapshot)) {
    text += `Snapshot ${describeSnapshot(ready.snapshot)}\n`;
  }
  if (ready.committedEntries.length > 0) {
    text += `CommittedEntries:\n${describeEntries(ready.committedEntries, format)}`;
  }
  if (ready.messages.length > 0) {
    text += `Messages:\n${ready.messages.map((message) => `${describeMessage(message, format)}\n`).join("")}`;
  }
  return text === "" ? "<empty Ready>" : `Ready MustSync=${ready.mustSync}:\n${text}`;
}

const escapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Bytes in double quotes, printable ASCII as it is, the rest escaped as Go's %q would (but for whole UTF-8 letters). */
export function quote(data: Uint8Array): string {
  let text = "";
  for (const byte of data) {
    const char = String.fromCharCode(byte);
    if (escapes[char] !== undefined) text += escapes[char];
    else if (byte >= 0x20 && byte < 0x7f) text += char;
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"`;
}
