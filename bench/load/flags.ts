/** One flag of a benchmark: its kind and what it means; the default is given where it is read. */
export interface FlagDefinition {
  readonly kind: "number" | "string" | "boolean";
  readonly help: string;
}

/** A benchmark cannot run as asked; the message is the line for the person who asked. */
export class BenchError extends Error {
  override readonly name: string = "BenchError";
}

export class FlagError extends BenchError {
  override readonly name = "FlagError";
}

/** Go's durations: `500ms`, `2m`, `1h30m`. In milliseconds. */
export function durationMs(text: string): number {
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  let sum = 0;
  let rest = text;
  while (rest !== "") {
    const part = /^(\d+(?:\.\d+)?)(ms|s|m|h)/.exec(rest);
    if (part === null) throw new FlagError(`invalid duration ${JSON.stringify(text)}`);
    sum += Number(part[1]) * units[part[2]!]!;
    rest = rest.slice(part[0].length);
  }
  return sum;
}

/** Flags as etcd's own tool takes them: `--name value`, `--name=value`, a bare boolean; the rest are operands. */
export class Flags {
  readonly operands: string[] = [];
  readonly #values = new Map<string, string>();

  constructor(args: readonly string[], known: Readonly<Record<string, FlagDefinition>>) {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (!arg.startsWith("--")) {
        this.operands.push(arg);
        continue;
      }
      const equals = arg.indexOf("=");
      const name = arg.slice(2, equals < 0 ? undefined : equals);
      const definition = known[name];
      if (definition === undefined) throw new FlagError(`unknown flag: --${name}`);
      let value = equals < 0 ? undefined : arg.slice(equals + 1);
      if (value === undefined && definition.kind === "boolean") value = "true";
      value ??= args[++i];
      if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
      if (definition.kind === "number" && !Number.isFinite(Number(value))) {
        throw new FlagError(`invalid argument ${JSON.stringify(value)} for --${name}: not a number`);
      }
      this.#values.set(name, value);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  number(name: string, otherwise: number): number {
    const value = this.#values.get(name);
    return value === undefined ? otherwise : Number(value);
  }

  text(name: string, otherwise = ""): string {
    return this.#values.get(name) ?? otherwise;
  }

  on(name: string): boolean {
    return this.#values.get(name) === "true";
  }
}
