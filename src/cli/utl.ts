import { runMain } from "./command/system-io.ts";
import type { Programs } from "./installation.ts";
import { completions, main } from "./utl/main.ts";

export const programs: Programs = {
  /** etcd's tool for files at rest, by name, flags, output and exit codes. */
  etcdutl: () => runMain((io) => main(io)),
  /** The same tool under our own name. */
  quorateutl: ({ version }) => runMain((io) => main(io, { name: "quorateutl", version })),
  /** The same as a command of `quorate`. */
  below: ({ version }) => runMain((io) => main(io, { name: "quorate utl", version }), 1),
  completions: async ({ version }) => completions(version),
};
