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
    else await server("etcd", installation, false);
  },
  /** The same server, greeting a person at a terminal; `quorate dev`: a whole cluster on this machine. */
  quorate: async (installation) => {
    if (process.argv[2] === "dev") await installation.run("beside", "dev");
    else await server("quorate", installation, true);
  },
};

function server(name: string, installation: Installation, banner: boolean): Promise<void> {
  prepareProcess(name);
  const { version, notify } = installation;
  const readFile = (path: string): string => readFileSync(path, "utf8");
  return runServer({ args: process.argv.slice(2), env: process.env, readFile, banner, version, notify });
}
