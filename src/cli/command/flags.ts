import { NumberProblem, parseDurationMs, parseInteger, quote } from "./text.ts";

export type FlagType = "string" | "bool" | "int" | "int64" | "uint" | "uint64" | "duration" | "stringSlice";

/** A flag as a command declares it. */
export interface FlagSpec {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly type: FlagType;
  /** As it is shown in help; "[a,b]" for a list. */
  readonly initial: string;
  readonly usage: string;
  /** Not shown in help. */
  readonly hidden?: boolean;
}

interface Flag extends FlagSpec {
  value: string | boolean | bigint | number | readonly string[];
  changed: boolean;
}

/** Why the command line cannot be read, in pflag's words. */
export class UsageProblem extends Error {
  /** The flag that does not exist, with its dashes, if that is the reason. */
  readonly unknownFlag: string | undefined;

  constructor(message: string, unknownFlag?: string) {
    super(message);
    this.unknownFlag = unknownFlag;
  }
}

/** `-h` or `--help` was given. */
export class HelpWanted extends Error {}

/**
 * Flags as Go's pflag reads them, which is what etcd's users type: `--name=value`, `--name value`, `-n value`, `-nvalue`,
 * booleans without a value (never taking the next word), flags and arguments mixed, `--` ends the flags.
 */
export class FlagSet {
  readonly #flags = new Map<string, Flag>();
  readonly #short = new Map<string, Flag>();
  args: string[] = [];
  /** How many of `args` came before `--`; undefined without one. */
  argsBeforeDashes: number | undefined;

  add(specs: readonly FlagSpec[]): void {
    for (const spec of specs) {
      if (this.#flags.has(spec.name)) continue;
      const flag: Flag = { ...spec, value: "", changed: false };
      flag.value = initialValue(spec);
      this.#flags.set(spec.name, flag);
      if (spec.short !== undefined) this.#short.set(spec.short, flag);
    }
  }

  /** Whether the flag (by name, or by letter) stands alone on the command line. Unknown ones are taken to want a value. */
  standsAlone(name: string, short: boolean): boolean {
    return (short ? this.#short : this.#flags).get(name)?.type === "bool";
  }

  parse(words: readonly string[]): void {
    const left = [...words];
    while (left.length > 0) {
      const word = left.shift()!;
      if (word === "--") {
        this.argsBeforeDashes = this.args.length;
        this.args.push(...left);
        return;
      }
      if (word.length < 2 || word[0] !== "-") this.args.push(word);
      else if (word[1] === "-") this.#long(word, left);
      else this.#shorts(word.slice(1), left);
    }
  }

  set(name: string, value: string): void {
    this.#set(this.#flags.get(name)!, value);
  }

  get names(): string[] {
    return [...this.#flags.keys()];
  }

  has(name: string): boolean {
    return this.#flags.has(name);
  }

  changed(name: string): boolean {
    return this.#get(name).changed;
  }

  string(name: string): string {
    return this.#get(name).value as string;
  }

  bool(name: string): boolean {
    return this.#get(name).value as boolean;
  }

  /** An integer; beyond 2^53 the nearest safe one, which is as far out of any range. */
  number(name: string): number {
    const value = this.#get(name).value as bigint;
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    return Number(value > most ? most : value < -most ? -most : value);
  }

  durationMs(name: string): number {
    return this.#get(name).value as number;
  }

  list(name: string): readonly string[] {
    return this.#get(name).value as readonly string[];
  }

  /** The value as it would be typed. */
  text(name: string): string {
    const { value } = this.#get(name);
    return Array.isArray(value) ? `[${value.join(",")}]` : String(value);
  }

  #get(name: string): Flag {
    const flag = this.#flags.get(name);
    if (flag === undefined) throw new Error(`flag accessed but not defined: ${name}`);
    return flag;
  }

  #long(word: string, left: string[]): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (word[2] === "-" || word[2] === "=") throw new UsageProblem(`bad flag syntax: ${word}`);
    const flag = this.#flags.get(name);
    if (flag === undefined) {
      if (name === "help") throw new HelpWanted();
      throw new UsageProblem(`unknown flag: --${name}`, `--${name}`);
    }
    if (equals >= 0) this.#set(flag, word.slice(equals + 1));
    else if (flag.type === "bool") this.#set(flag, "true");
    else if (left.length > 0) this.#set(flag, left.shift()!);
    else throw new UsageProblem(`flag needs an argument: --${name}`);
  }

  #shorts(letters: string, left: string[]): void {
    let rest = letters;
    while (rest !== "") {
      const flag = this.#short.get(rest[0]!);
      if (flag === undefined) {
        if (rest[0] === "h") throw new HelpWanted();
        throw new UsageProblem(`unknown shorthand flag: ${quoteRune(rest[0]!)} in -${rest}`);
      }
      if (rest.length > 2 && rest[1] === "=") {
        this.#set(flag, rest.slice(2));
        return;
      }
      if (flag.type === "bool") {
        this.#set(flag, "true");
        rest = rest.slice(1);
      } else if (rest.length > 1) {
        this.#set(flag, rest.slice(1));
        return;
      } else if (left.length > 0) {
        this.#set(flag, left.shift()!);
        return;
      } else throw new UsageProblem(`flag needs an argument: ${quoteRune(rest[0]!)} in -${rest}`);
    }
  }

  #set(flag: Flag, text: string): void {
    try {
      flag.value = parseValue(flag, text);
    } catch (problem) {
      if (!(problem instanceof NumberProblem)) throw problem;
      const shown = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
      throw new UsageProblem(`invalid argument ${quote(text)} for ${quote(shown)} flag: ${problem.message}`);
    }
    flag.changed = true;
  }
}

function quoteRune(letter: string): string {
  return `'${letter === "'" ? "\\'" : quote(letter).slice(1, -1)}'`;
}

function initialValue(spec: FlagSpec): Flag["value"] {
  if (spec.type === "stringSlice") return spec.initial.slice(1, -1).split(",");
  return parseValue({ ...spec, value: "", changed: false }, spec.initial);
}

function parseValue(flag: Flag, text: string): Flag["value"] {
  switch (flag.type) {
    case "string":
      return text;
    case "bool":
      if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
      throw new NumberProblem(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
    case "int":
    case "int64":
      return parseInteger(text, 0);
    case "uint":
    case "uint64":
      return parseInteger(text, 0, false);
    case "duration": {
      const ms = parseDurationMs(text);
      if (ms === undefined) throw new NumberProblem(`time: ${durationProblem(text)}`);
      return ms;
    }
    case "stringSlice": {
      const items = text === "" ? [] : splitList(text);
      // The first use replaces what is there from the start, later ones add.
      return flag.changed ? [...(flag.value as readonly string[]), ...items] : items;
    }
  }
}

function durationProblem(text: string): string {
  if (/^[+-]?\d+(\.\d*)?$/.test(text)) return `missing unit in duration ${quote(text)}`;
  const unit = /^[+-]?(?:\d+\.?\d*(?:ns|us|µs|ms|s|m|h))*\d+\.?\d*([^\d.]+)/.exec(text);
  return unit === null
    ? `invalid duration ${quote(text)}`
    : `unknown unit ${quote(unit[1]!)} in duration ${quote(text)}`;
}

/** The first record of CSV, as Go reads it: items may stand in double quotes, which hold commas and ends of lines. */
function splitList(text: string): string[] {
  const fault = (at: number, why: string): never => {
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf("\n") + 1)) + 1;
    throw new NumberProblem(`parse error on line ${line}, column ${column}: ${why}`);
  };
  // Empty lines before the record do not count.
  let at = /^[\r\n]*/.exec(text)![0].length;
  if (at === text.length) throw new NumberProblem("EOF");
  const items: string[] = [];
  for (;;) {
    if (text[at] === '"') {
      const quoted = /"((?:[^"]|"")*)("?)/y;
      quoted.lastIndex = at;
      const [whole, item = "", closed] = quoted.exec(text)!;
      const end = at + whole.length;
      if (closed === "") fault(end, 'extraneous or missing " in quoted-field');
      if (end < text.length && !/[,\r\n]/.test(text[end]!)) fault(end - 1, 'extraneous or missing " in quoted-field');
      items.push(item.replaceAll('""', '"'));
      at = end;
    } else {
      const plain = /[^,\n]*/y;
      plain.lastIndex = at;
      const item = plain.exec(text)![0];
      const stray = item.indexOf('"');
      if (stray >= 0) fault(at + stray, 'bare " in non-quoted-field');
      items.push(item.replace(/\r$/, ""));
      at += item.length;
    }
    if (text[at] !== ",") return items;
    at++;
  }
}
