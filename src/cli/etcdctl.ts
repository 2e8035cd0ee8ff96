import { runMain } from "./command/system-io.ts";
import { main } from "./ctl/main.ts";

/** `bin/etcdctl`: etcd's command line client by name, flags, output and exit codes. */
await runMain((io) => main(io, "etcdctl"));
