import { runMain } from "./command/system-io.ts";
import { completions, main } from "./ctl/main.ts";
import type { Programs } from "./installation.ts";

export const programs: Programs = {
  /** etcd's command line client by name, flags, output and exit codes. */
  etcdctl: () => runMain((io) => main(io)),
  /** The same client under our own name. */
  quoratectl: ({ version }) => runMain((io) => main(io, { name: "quoratectl", version })),
  /** The same as a command of `quorate`. */
  below: ({ version }) => runMain((io) => main(io, { name: "quorate ctl", version }), 1),
  completions: async ({ version }) => completions(version),
};
