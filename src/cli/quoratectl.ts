import { runMain } from "./command/system-io.ts";
import { main } from "./ctl/main.ts";

/** `quoratectl`: the same client under our own name. */
await runMain((io) => main(io, "quoratectl"));
