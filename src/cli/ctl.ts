import { runMain } from "./command/system-io.ts";
import { main } from "./ctl/main.ts";
import type { Installation, Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";

function run(name: string, installation: Installation): Promise<void> {
  prepareProcess(name, installation);
  return runMain((io) => main(io, name));
}

export const programs: Programs = {
  /** etcd's command line client by name, flags, output and exit codes. */
  etcdctl: (installation) => run("etcdctl", installation),
  /** The same client under our own name. */
  quoratectl: (installation) => run("quoratectl", installation),
};
