/** The grammar of Go's `flag` package. */
import { BadValue, quote } from "./go-values.ts";
import { ignoredFlags, type Option, optionsByFlag } from "./options.ts";

/** Settings while they are gathered: by flag, and which of them somebody set. */
export class Settings {
  readonly values = new Map<string, unknown>();
  readonly set = new Set<string>();

  constructor() {
    for (const [flag, option] of optionsByFlag) this.values.set(flag, option.default);
  }

  get<Value>(flag: string): Value {
    return this.values.get(flag) as Value;
  }

  /** Reads a text into a flag; throws `BadValue`. */
  parse(option: Option, text: string): void {
    this.values.set(option.flag, option.parse(text, this.values.get(option.flag)));
    this.set.add(option.flag);
  }
}

export type FlagsOutcome =
  | { readonly kind: "parsed"; readonly rest: readonly string[] }
  | { readonly kind: "help" }
  /** `unknownFlag` is what was typed, without dashes, when there is no such flag. */
  | { readonly kind: "wrong"; readonly message: string; readonly unknownFlag?: string };

const ignored = new Set(ignoredFlags);

/**
 * Reads flags into `settings` up to the first argument that is none. One dash or two; `-f v` and `-f=v`; a boolean stands
 * alone or takes `=true`; `--` ends the flags.
 */
export function parseFlags(args: readonly string[], settings: Settings): FlagsOutcome {
  const wrong = (message: string): FlagsOutcome => ({ kind: "wrong", message });
  let at = 0;
  while (at < args.length) {
    const arg = args[at]!;
    if (arg.length < 2 || !arg.startsWith("-")) break;
    at++;
    if (arg === "--") break;
    const body = arg.slice(arg.startsWith("--") ? 2 : 1);
    if (body === "" || body.startsWith("-") || body.startsWith("=")) return wrong(`bad flag syntax: ${arg}`);
    const equals = body.indexOf("=");
    const name = equals < 0 ? body : body.slice(0, equals);
    let value = equals < 0 ? undefined : body.slice(equals + 1);
    if (ignored.has(name)) continue;
    const option = optionsByFlag.get(name);
    if (option === undefined) {
      if (name === "help" || name === "h") return { kind: "help" };
      return { kind: "wrong", message: `flag provided but not defined: -${name}`, unknownFlag: name };
    }
    const isBool = option.kind === "bool";
    if (value === undefined && isBool) value = "true";
    if (value === undefined && at < args.length) value = args[at++]!;
    if (value === undefined) return wrong(`flag needs an argument: -${name}`);
    try {
      settings.parse(option, value);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      return wrong(
        isBool
          ? `invalid boolean value ${quote(value)} for -${name}: ${error.message}`
          : `invalid value ${quote(value)} for flag -${name}: ${error.message}`,
      );
    }
  }
  return { kind: "parsed", rest: args.slice(at) };
}
