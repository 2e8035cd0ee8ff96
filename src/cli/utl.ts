import { runMain } from "./command/system-io.ts";
import type { Programs } from "./installation.ts";
import { main } from "./utl/main.ts";

export const programs: Programs = {
  /** etcd's tool for files at rest, by name, flags, output and exit codes. */
  etcdutl: () => runMain((io) => main(io, "etcdutl")),
  /** The same tool under our own name. */
  quorateutl: () => runMain((io) => main(io, "quorateutl")),
};
