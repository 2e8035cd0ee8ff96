import { FlagSet, type FlagSpec, UsageProblem } from "./flags.ts";
import type { Io } from "./io.ts";
import { quote } from "./text.ts";

/** A command as it is declared: its place in the tree, its flags, and how to load what it does. */
export interface CommandSpec {
  /** `name <arguments>`; the first word is the name. */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  readonly example?: string;
  /** Key of the heading it stands under in its parent's help. */
  readonly group?: string;
  /** Headings for the children's groups. */
  readonly groups?: Readonly<Record<string, string>>;
  /** The usage line names no `[flags]`. */
  readonly plainUse?: boolean;
  readonly flags?: readonly FlagSpec[];
  /** Flags that also hold for everything below. */
  readonly inherited?: readonly FlagSpec[];
  readonly required?: readonly string[];
  readonly children?: readonly CommandSpec[];
  /** Refuses arguments, with the reason. */
  readonly check?: (args: readonly string[], path: string) => string | undefined;
  /** Absent: the command only groups others. The module is loaded when it is wanted, to start fast. */
  readonly run?: (call: Invocation) => Promise<void>;
}

/** A command in its tree. */
export interface Command {
  readonly spec: CommandSpec;
  readonly name: string;
  /** `etcdctl lease grant`. */
  readonly path: string;
  readonly parent: Command | undefined;
  readonly children: readonly Command[];
}

/** One run of a command. */
export interface Invocation {
  readonly io: Io;
  readonly command: Command;
  readonly flags: FlagSet;
  readonly args: readonly string[];
}

export interface ProgramOptions {
  /** Said below each help text. */
  readonly helpFooter?: string;
  /** Help shows the usage only, without the description. */
  readonly usageOnly?: boolean;
  /** A command line that cannot be read is reported once more at the end, as etcdutl does. */
  readonly repeatError?: boolean;
}

const helpFlag = (name: string): FlagSpec => ({
  name: "help",
  short: "h",
  type: "bool",
  initial: "false",
  usage: `help for ${name}`,
});

/** Puts parents and paths to the declared commands; children sorted by name. */
export function plant(spec: CommandSpec, parent?: Command): Command {
  const name = spec.use.split(" ")[0]!;
  const children: Command[] = [];
  const command: Command = {
    spec,
    name,
    path: parent === undefined ? name : `${parent.path} ${name}`,
    parent,
    children,
  };
  for (const child of spec.children ?? []) children.push(plant(child, command));
  children.sort((a, b) => (a.name < b.name ? -1 : 1));
  return command;
}

/** Flags of the command itself, and those that came from above, sorted by name. */
export function flagsOf(command: Command): {
  readonly local: readonly FlagSpec[];
  readonly inherited: readonly FlagSpec[];
} {
  const byName = (a: FlagSpec, b: FlagSpec) => (a.name < b.name ? -1 : 1);
  const help =
    command.parent === undefined
      ? { ...helpFlag(command.name), hidden: command.spec.groups !== undefined }
      : helpFlag(command.name);
  const local = [...(command.spec.flags ?? []), ...(command.spec.inherited ?? []), help];
  const inherited: FlagSpec[] = [];
  for (let above = command.parent; above !== undefined; above = above.parent)
    inherited.push(...(above.spec.inherited ?? []));
  return { local: local.sort(byName), inherited: inherited.sort(byName) };
}

/** The flags' names that environment variables may set: those that came from above. */
export function inheritedNames(command: Command): string[] {
  return flagsOf(command).inherited.map((flag) => flag.name);
}

export function flagSetOf(command: Command): FlagSet {
  const { local, inherited } = flagsOf(command);
  const set = new FlagSet();
  set.add(local);
  set.add(inherited);
  return set;
}

/** Index of the first word that is neither a flag nor a flag's value; -1 when there is none. */
function firstWord(words: readonly string[], flags: FlagSet): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") return -1;
    if (word.startsWith("--") && !word.includes("=") && !flags.standsAlone(word.slice(2), false)) i++;
    else if (word.startsWith("-") && !word.includes("=") && word.length === 2 && !flags.standsAlone(word[1]!, true))
      i++;
    else if (word !== "" && !word.startsWith("-")) return i;
  }
  return -1;
}

/** Walks down the tree; a unique beginning of a name is enough. What is left belongs to the command found. */
export function find(root: Command, words: readonly string[]): { readonly command: Command; readonly rest: string[] } {
  let command = root;
  let rest = [...words];
  for (;;) {
    const at = firstWord(rest, flagSetOf(command));
    if (at < 0) return { command, rest };
    const word = rest[at]!;
    const exact = command.children.find((child) => child.name === word);
    const beginning = command.children.filter((child) => child.name.startsWith(word));
    const next = exact ?? (beginning.length === 1 ? beginning[0] : undefined);
    if (next === undefined) {
      if (command === root && root.children.length > 0) throw new UsageProblem(unknownCommand(root, word));
      return { command, rest };
    }
    command = next;
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
  }
}

function unknownCommand(root: Command, word: string): string {
  const typed = word.toLowerCase();
  const near = root.children.filter(
    (child) => distance(typed, child.name.toLowerCase()) <= 2 || child.name.toLowerCase().startsWith(typed),
  );
  const hint = near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((child) => `\t${child.name}\n`).join("")}`;
  return `unknown command ${quote(word)} for ${quote(root.path)}${hint}`;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
