import { ConfChangeTransition, ConfChangeType, EntryType, MessageType, StateType } from "./types.ts";

/** The wire's names of the numbers, for log lines and descriptions. */
export const messageTypeName = namesOf<MessageType>(MessageType);
export const entryTypeName = namesOf<EntryType>(EntryType);
export const confChangeTypeName = namesOf<ConfChangeType>(ConfChangeType);
export const confChangeTransitionName = namesOf<ConfChangeTransition>(ConfChangeTransition);
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
