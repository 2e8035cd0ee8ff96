import { readFileSync } from "node:fs";
import type { Installation, Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";
import { runServer } from "./server/run.ts";

// Nothing here is imported on demand: what a module that is shares with the others can then be no constant of the file that
// all are bundled into. See docs/decisions/0004-one-file.md.
export const programs: Programs = {
  /** The server under etcd's name, with etcd's flags, log lines and exit codes. */
  etcd: async (installation) => {
    const [first] = process.argv.slice(2);
    if (first === "gateway" || first === "grpc-proxy") await installation.run("beside", "proxies");
    else await server("etcd", installation, process.argv.slice(2), false);
  },
  /** The command `quorate`; with flags alone, or as `quorate start`, the same server greeting a person at a terminal. */
  quorate: async (installation) => {
    const args = process.argv.slice(2);
    const [first = "-"] = args;
    if (first === "start" || first === "server") await server("quorate", installation, args.slice(1), true);
    else if (first.startsWith("-")) await server("quorate", installation, args, true);
    else if (first === "ctl" || first === "utl") await installation.run(first, "below");
    else await installation.run("beside", "quorate");
  },
};

/**
 * A member that `quorate dev` started ends when that process does, however it ended: the channel between them closes. Nobody else
 * sets this variable, so a program that forks etcd with a channel of its own sees no difference.
 */
function endWithParent(): void {
  if (process.env["QUORATE_ENDS_WITH_PARENT"] !== "1" || process.channel === undefined) return;
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // A member that has nothing left to do ends, whoever may still talk to it.
  process.channel.unref();
}

async function server(
  name: string,
  { version, run, ready, notify }: Installation,
  args: readonly string[],
  forPerson: boolean,
): Promise<void> {
  prepareProcess(name);
  endWithParent();
  const readFile = (path: string): string => readFileSync(path, "utf8");
  const wanted = await runServer({ args, env: process.env, readFile, forPerson, version, ready, notify });
  if (wanted !== undefined) await run("beside", wanted);
}
