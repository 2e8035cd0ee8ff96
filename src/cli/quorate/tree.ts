import { options as serverOptions } from "../../node/config/index.ts";
import { type CompletionEntry, completionEntries, completionScript } from "../command/completion.ts";
import type { FlagSpec } from "../command/flags.ts";
import { completionCommand } from "../command/shells.ts";
import type { CommandSpec } from "../command/tree.ts";
import { devCommand } from "../dev/command.ts";
import type { Installation } from "../installation.ts";
import { proxies } from "../proxies.ts";
import { installCommand } from "./install.ts";
import { startHelp } from "./start-help.ts";
import { versionText } from "./version.ts";

/** The server's flags as they are completed; the server reads them itself. */
const startFlags: readonly FlagSpec[] = serverOptions.map(({ flag, kind, help }) => ({
  name: flag,
  type: kind === "bool" ? "bool" : "string",
  initial: kind === "bool" ? "false" : "",
  usage: help,
}));

/**
 * The command `quorate`. Flags alone start a member, so that `quorate --name m1 …` is a drop-in for `etcd --name m1 …`;
 * `src/cli/server.ts` tells the two apart before any of this is loaded.
 */
export function quorate(installation: Installation): CommandSpec {
  const { run, version } = installation;
  return {
    use: "quorate",
    short: "A replicated key-value store that speaks etcd's protocol.",
    long: `Quorate ${version}: a replicated key-value store with etcd's API, protocol, files and commands.

Without a command, or with flags alone, it starts a member: quorate --name m1 --data-dir /var/lib/quorate
`,
    example: `  quorate dev                                  a cluster of three on this machine, to try things
  quorate start --name m1 --data-dir ./m1      one member
  quorate ctl put greeting hello               a client's command, as etcdctl's
  quorate utl snapshot status backup.db        a look into a file, as etcdutl's
  quorate help start                           all flags of a member`,
    groups: {
      servers: "Servers:",
      tools: "Tools:",
      about: "About Quorate:",
    },
    children: [
      {
        use: "start [flags]",
        aliases: ["server"],
        short: "Starts a member; takes every flag, variable and file that etcd takes",
        group: "servers",
        flags: startFlags,
        help: startHelp,
        run: async () => void (await run("server", "quorate")),
      },
      { ...devCommand(installation), group: "servers" },
      ...proxies(installation.notify).map((proxy) => ({ ...proxy, group: "servers" })),
      {
        use: "ctl [command]",
        short: "The command-line client, as etcdctl; the same as quoratectl",
        group: "tools",
        plainUse: true,
        run: async () => void (await run("ctl", "below")),
      },
      {
        use: "utl [command]",
        short: "The tool for files at rest, as etcdutl; the same as quorateutl",
        group: "tools",
        plainUse: true,
        run: async () => void (await run("utl", "below")),
      },
      { ...installCommand(installation), group: "tools" },
      {
        ...completionCommand("quorate", async ({ io, args, command }) => {
          const tools = await Promise.all(["ctl", "utl"].map((bundle) => run(bundle, "completions")));
          const below = tools.flat() as CompletionEntry[];
          const own = completionEntries(command.parent!);
          const entries = [...own.filter(({ path }) => !below.some((entry) => entry.path === path)), ...below];
          io.out(completionScript(args[0]!, "quorate", entries));
        }),
        group: "about",
      },
      {
        use: "version",
        short: "Prints the versions of Quorate, of the etcd that it is to clients, and of Node",
        group: "about",
        plainUse: true,
        run: async ({ io }) => io.out(versionText(version)),
      },
    ],
  };
}
