import { runMain } from "./command/system-io.ts";
import { completions, main } from "./ctl/main.ts";
import type { Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";

function run(name: string, act: Parameters<typeof runMain>[0], skip?: number): Promise<void> {
  prepareProcess(name);
  return runMain(act, skip);
}

export const programs: Programs = {
  /** etcd's command line client by name, flags, output and exit codes. */
  etcdctl: () => run("etcdctl", (io) => main(io)),
  /** The same client under our own name. */
  quoratectl: ({ version }) => run("quoratectl", (io) => main(io, { name: "quoratectl", version })),
  /** The same as a command of `quorate`. */
  below: ({ version }) => run("quorate", (io) => main(io, { name: "quorate ctl", version }), 1),
  completions: async ({ version }) => completions(version),
};
