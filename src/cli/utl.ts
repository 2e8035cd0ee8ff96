import { runMain } from "./command/system-io.ts";
import type { Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";
import { completions, main } from "./utl/main.ts";

function run(name: string, act: Parameters<typeof runMain>[0], skip?: number): Promise<void> {
  prepareProcess(name);
  return runMain(act, skip);
}

export const programs: Programs = {
  /** etcd's tool for files at rest, by name, flags, output and exit codes. */
  etcdutl: () => run("etcdutl", (io) => main(io)),
  /** The same tool under our own name. */
  quorateutl: ({ version }) => run("quorateutl", (io) => main(io, { name: "quorateutl", version })),
  /** The same as a command of `quorate`. */
  below: ({ version }) => run("quorate", (io) => main(io, { name: "quorate utl", version }), 1),
  completions: async ({ version }) => completions(version),
};
