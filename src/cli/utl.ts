import { runMain } from "./command/system-io.ts";
import type { Installation, Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";
import { main } from "./utl/main.ts";

function run(name: string, installation: Installation): Promise<void> {
  prepareProcess(name, installation);
  return runMain((io) => main(io, name));
}

export const programs: Programs = {
  /** etcd's tool for files at rest, by name, flags, output and exit codes. */
  etcdutl: (installation) => run("etcdutl", installation),
  /** The same tool under our own name. */
  quorateutl: (installation) => run("quorateutl", installation),
};
