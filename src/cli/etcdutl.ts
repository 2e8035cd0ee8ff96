import { runMain } from "./command/system-io.ts";
import { main } from "./utl/main.ts";

/** `bin/etcdutl`: etcd's tool for files at rest, by name, flags, output and exit codes. */
await runMain((io) => main(io, "etcdutl"));
