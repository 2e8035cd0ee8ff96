import { runMain } from "./command/system-io.ts";
import { main } from "./ctl/main.ts";
import type { Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";

function run(name: string): Promise<void> {
  prepareProcess(name);
  return runMain((io) => main(io, name));
}

export const programs: Programs = {
  /** etcd's command line client by name, flags, output and exit codes. */
  etcdctl: () => run("etcdctl"),
  /** The same client under our own name. */
  quoratectl: () => run("quoratectl"),
};
