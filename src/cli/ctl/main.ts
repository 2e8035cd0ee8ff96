import { execute, program } from "../command/command.ts";
import { type CompletionEntry, completionEntries } from "../command/completion.ts";
import type { Io } from "../command/io.ts";
import type { CommandSpec } from "../command/tree.ts";
import { etcdctl } from "./tree.ts";

/** The program under our own name: with its version, and the nearest flag where one does not exist. */
export interface OwnName {
  readonly name: "quoratectl" | "quorate ctl";
  /** Of this package. */
  readonly version: string;
}

function specOf(own: OwnName | undefined): CommandSpec {
  if (own === undefined) return etcdctl("etcdctl");
  const spec = etcdctl(own.name, own.version);
  return own.name === "quoratectl" ? spec : below(spec);
}

/** The program as a command of `quorate`, whose own `completion` completes it. */
function below(spec: CommandSpec): CommandSpec {
  const children = spec.children!.filter(({ use }) => !use.startsWith("completion "));
  return { ...spec, children, use: "ctl", under: "quorate" };
}

/** Runs one etcdctl command line, under etcd's name or our own; gives the exit code. */
export function main(io: Io, own?: OwnName): Promise<number> {
  return execute(specOf(own), io, {
    helpFooter: `Use "${own?.name ?? "etcdctl"} options" for a list of global command-line options (applies to all commands).`,
    strict: own !== undefined,
  });
}

/** What completes `quorate ctl …`. */
export function completions(version: string): CompletionEntry[] {
  return completionEntries(program(specOf({ name: "quorate ctl", version })), "ctl");
}
