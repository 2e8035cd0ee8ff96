import { readFileSync } from "node:fs";
import { runServer } from "./server/run.ts";

const args = process.argv.slice(2);
if (args[0] === "dev") {
  // `quorate dev`: a whole cluster on this machine.
  const { runDev } = await import("./dev/main.ts");
  process.exitCode = await runDev(args.slice(1));
} else {
  // `quorate`: the same server, greeting a person at a terminal.
  await runServer({ args, env: process.env, readFile: (path) => readFileSync(path, "utf8"), banner: true });
}
