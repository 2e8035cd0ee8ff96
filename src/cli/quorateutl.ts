import { runMain } from "./command/system-io.ts";
import { main } from "./utl/main.ts";

/** `quorateutl`: the tool for files at rest under our own name. */
await runMain((io) => main(io, "quorateutl"));
