import { FlagSet, type FlagSpec, UsageProblem } from "./flags.ts";
import type { Io } from "./io.ts";
import { quote } from "./text.ts";

/** A command as it is declared: its place in the tree, its flags, and how to load what it does. */
export interface CommandSpec {
  /** `name <arguments>`; the first word is the name. */
  readonly use: string;
  /** Of a root: the words before its name, where it is a command of another program. */
  readonly under?: string;
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
  /** Other names that run it; help names them. */
  readonly aliases?: readonly string[];
  /** Printed as its help, in place of what the other fields make. */
  readonly help?: () => string;
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
  /** How a command line that cannot be read is told: as cobra tells it, or in two lines that suggest what was meant. */
  readonly errors?: "cobra" | "brief";
  /** Tells of mistakes that cobra passes over: no such command on any level, and the nearest flag to one that does not exist. */
  readonly strict?: boolean;
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
    path: parent !== undefined ? `${parent.path} ${name}` : spec.under === undefined ? name : `${spec.under} ${name}`,
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

/** A word that is none of the commands below `command`. */
export class UnknownCommand extends UsageProblem {
  readonly word: string;
  /** The command below which it is none. */
  readonly path: string;
  /** The nearest commands, if any is near. */
  readonly near: readonly string[];

  constructor(command: Command, word: string) {
    const near = nearest(
      word,
      command.children.map((child) => child.name),
    );
    const hint = near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join("")}`;
    super(`unknown command ${quote(word)} for ${quote(command.path)}${hint}`);
    this.word = word;
    this.path = command.path;
    this.near = near;
  }
}

/**
 * Walks down the tree. What is left belongs to the command found. With `exact` false a unique beginning of a name is enough, and
 * only the first word must be a command, as in cobra; with `exact` true names are complete, on every level.
 */
export function find(
  root: Command,
  words: readonly string[],
  exact = false,
): { readonly command: Command; readonly rest: string[] } {
  let command = root;
  let rest = [...words];
  for (;;) {
    const at = firstWord(rest, flagSetOf(command));
    if (at < 0) return { command, rest };
    const word = rest[at]!;
    const named = command.children.find((child) => child.name === word || child.spec.aliases?.includes(word));
    const beginning = exact ? [] : command.children.filter((child) => child.name.startsWith(word));
    const next = named ?? (beginning.length === 1 ? beginning[0] : undefined);
    if (next === undefined) {
      const must = command === root || (exact && command.spec.run === undefined);
      if (must && command.children.length > 0) throw new UnknownCommand(command, word);
      return { command, rest };
    }
    command = next;
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
  }
}

/** Those of `names` that somebody who typed `word` may have meant: at most two letters wrong, or a beginning. */
export function nearest(word: string, names: readonly string[]): string[] {
  const typed = word.toLowerCase();
  return names.filter((name) => distance(typed, name.toLowerCase()) <= 2 || name.toLowerCase().startsWith(typed));
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
