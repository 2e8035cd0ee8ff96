import { readFileSync } from "node:fs";
import { runMain } from "./command/system-io.ts";
import type { Programs } from "./installation.ts";

export const programs: Programs = {
  /** The server under etcd's name, with etcd's flags, log lines and exit codes. */
  etcd: async ({ version }) => {
    const [first] = process.argv.slice(2);
    if (first === "gateway" || first === "grpc-proxy") await runMain((await import("./proxies.ts")).main);
    else await server(version, false);
  },
  /** The same server, greeting a person at a terminal; `quorate dev`: a whole cluster on this machine. */
  quorate: async ({ version, etcd }) => {
    const args = process.argv.slice(2);
    if (args[0] === "dev") process.exitCode = await (await import("./dev/main.ts")).runDev(args.slice(1), etcd);
    else await server(version, true);
  },
};

async function server(version: string, banner: boolean): Promise<void> {
  const { runServer } = await import("./server/run.ts");
  const readFile = (path: string): string => readFileSync(path, "utf8");
  await runServer({ args: process.argv.slice(2), env: process.env, readFile, banner, version });
}
