import { readFileSync } from "node:fs";
import { runServer } from "./server/run.ts";

/** `bin/etcd`: the server under etcd's name, with etcd's flags, log lines and exit codes. */
await runServer({
  args: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, "utf8"),
  banner: false,
});
