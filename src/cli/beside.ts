import { runMain } from "./command/system-io.ts";
import { runDev } from "./dev/main.ts";
import type { Programs } from "./installation.ts";
import { prepareProcess } from "./process/prepare.ts";
import { main } from "./proxies.ts";

/** What `etcd` and `quorate` do besides serving: a file of its own, so that the server's holds nothing that is loaded on demand. */
export const programs: Programs = {
  /** `etcd gateway …` and `etcd grpc-proxy …`. */
  proxies: (installation) => {
    prepareProcess("etcd");
    return runMain((io) => main(io, installation.notify));
  },
  /** `quorate dev …`: a whole cluster on this machine. */
  dev: async (installation) => {
    prepareProcess("quorate");
    const { etcd } = installation;
    // Of this process, if of any: not of its members.
    delete process.env.NOTIFY_SOCKET;
    process.exitCode = await runDev(process.argv.slice(3), etcd);
  },
};
