import { readFileSync } from "node:fs";

/** `bin/etcd`: the server under etcd's name, with etcd's flags, log lines and exit codes. */
const args = process.argv.slice(2);
if (args[0] === "gateway" || args[0] === "grpc-proxy") {
  const [{ runMain }, { main }] = await Promise.all([import("./command/system-io.ts"), import("./proxies.ts")]);
  await runMain(main);
} else {
  const { runServer } = await import("./server/run.ts");
  await runServer({ args, env: process.env, readFile: (path) => readFileSync(path, "utf8"), banner: false });
}
