import { Exit } from "../command/io.ts";
import type { CommandSpec } from "../command/tree.ts";
import { installEtcdNames } from "../install-names.ts";
import type { Installation } from "../installation.ts";

/** `quorate install-etcd-names`: etcd's names for people and scripts that call them. */
export function installCommand({ etcd }: Installation): CommandSpec {
  return {
    use: "install-etcd-names <directory>",
    short: "Puts etcd, etcdctl and etcdutl into a directory, for scripts that call these names",
    long: `Writes launchers named etcd, etcdctl and etcdutl to a directory, which is made if it is missing. They start this copy of
Quorate with this Node, and behave as etcd's programs do, to the letter. Whatever else has such a name there stays, unless --force is given.`,
    example: `  quorate install-etcd-names ~/.local/bin
  quorate install-etcd-names /usr/local/bin --force
  quorate install-etcd-names ~/.local/bin --remove`,
    flags: [
      {
        name: "force",
        type: "bool",
        initial: "false",
        usage: "replace files of these names that something else put there",
      },
      { name: "remove", type: "bool", initial: "false", usage: "remove the launchers again; other files stay" },
    ],
    check: (args) => (args.length === 1 ? undefined : `takes one directory, not ${args.length}`),
    run: async ({ io, args, flags }) => {
      const options = { directory: args[0]!, force: flags.bool("force"), remove: flags.bool("remove") };
      const code = installEtcdNames(options, io, { etcd, node: process.execPath, platform: process.platform });
      if (code !== 0) throw new Exit(code);
    },
  };
}
