import { runMain } from "./command/system-io.ts";
import { main } from "./ctl/main.ts";
import type { Programs } from "./installation.ts";

export const programs: Programs = {
  /** etcd's command line client by name, flags, output and exit codes. */
  etcdctl: () => runMain((io) => main(io, "etcdctl")),
  /** The same client under our own name. */
  quoratectl: () => runMain((io) => main(io, "quoratectl")),
};
