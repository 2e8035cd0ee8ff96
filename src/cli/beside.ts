import { execute, program } from "./command/command.ts";
import { helpText } from "./command/help.ts";
import { runMain, systemIo } from "./command/system-io.ts";
import type { Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";
import { main } from "./proxies.ts";
import { startHelp } from "./quorate/start-help.ts";
import { quorate } from "./quorate/tree.ts";
import { versionText } from "./quorate/version.ts";

/** What `etcd` and `quorate` do besides serving: a file of its own, so that the server's holds nothing that is loaded on demand. */
export const programs: Programs = {
  /** `etcd gateway …` and `etcd grpc-proxy …`. */
  proxies: (installation) => {
    prepareProcess("etcd");
    return runMain((io) => main(io, installation.notify));
  },
  /** The commands of `quorate`. */
  quorate: (installation) => {
    prepareProcess("quorate");
    // Of this process, if of any: not of the members that `quorate dev` starts.
    delete process.env["NOTIFY_SOCKET"];
    return runMain((io) => execute(quorate(installation), io, { errors: "brief" }));
  },
  /** `quorate --help`, and `quorate start --help` among other flags of a member. */
  help: async (installation) => {
    const start = process.argv[2]?.startsWith("-") === false;
    systemIo().out(start ? startHelp() : helpText(program(quorate(installation)), {}));
  },
  version: async ({ version }) => systemIo().out(versionText(version)),
};
