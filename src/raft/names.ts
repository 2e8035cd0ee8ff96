import { ConfChangeTransition, ConfChangeType, EntryType, MessageType, StateType } from "./types.ts";

// The wire's names of the numbers, for log lines and descriptions; a number without a name stands for itself.

/** `MsgApp`, ... */
export const messageTypeName = namesOf<MessageType>(MessageType);
/** `EntryNormal`, ... */
export const entryTypeName = namesOf<EntryType>(EntryType);
/** `ConfChangeAddNode`, ... */
export const confChangeTypeName = namesOf<ConfChangeType>(ConfChangeType);
/** `ConfChangeTransitionAuto`, ... */
export const confChangeTransitionName = namesOf<ConfChangeTransition>(ConfChangeTransition);
/** `StateFollower`, ... */
export const stateTypeName = namesOf<StateType>(StateType);

/** An id as etcd prints it: hexadecimal without leading zeros. */
export function hex(id: bigint): string {
  return id.toString(16);
}

function namesOf<T extends number>(kinds: Readonly<Record<string, T>>): (kind: T) => string {
  const names: string[] = [];
  for (const [name, kind] of Object.entries(kinds)) names[kind] = name;
  return (kind) => names[kind] ?? String(kind);
}
