import { readFileSync } from "node:fs";
import { runServer } from "./server/run.ts";

/** `quorate`: the same server, greeting a person at a terminal. */
await runServer({
  args: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, "utf8"),
  banner: true,
});
