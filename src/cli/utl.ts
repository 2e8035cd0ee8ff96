import { runMain } from "./command/system-io.ts";
import type { Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";
import { main } from "./utl/main.ts";

function run(name: string): Promise<void> {
  prepareProcess(name);
  return runMain((io) => main(io, name));
}

export const programs: Programs = {
  /** etcd's tool for files at rest, by name, flags, output and exit codes. */
  etcdutl: () => run("etcdutl"),
  /** The same tool under our own name. */
  quorateutl: () => run("quorateutl"),
};
