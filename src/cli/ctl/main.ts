import { execute } from "../command/command.ts";
import type { Io } from "../command/io.ts";
import { etcdctl } from "./tree.ts";

/** Runs one etcdctl command line under the given program name; gives the exit code. */
export function main(io: Io, name = "etcdctl"): Promise<number> {
  return execute(etcdctl(name), io, {
    helpFooter: `Use "${name} options" for a list of global command-line options (applies to all commands).`,
  });
}
