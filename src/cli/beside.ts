import { runMain } from "./command/system-io.ts";
import { runDev } from "./dev/main.ts";
import { installEtcdNames } from "./install-names.ts";
import type { Programs } from "./installation.ts";
import { main } from "./proxies.ts";

/** What `etcd` and `quorate` do besides serving: a file of its own, so that the server's holds nothing that is loaded on demand. */
export const programs: Programs = {
  /** `etcd gateway …` and `etcd grpc-proxy …`. */
  proxies: () => runMain(main),
  /** `quorate install-etcd-names …`: etcd's command names, for scripts and units that say `etcd`. */
  installEtcdNames: ({ etcd }) =>
    runMain(async (io) =>
      installEtcdNames(io.args.slice(1), io, { etcd, node: process.execPath, platform: process.platform }),
    ),
  /** `quorate dev …`: a whole cluster on this machine. */
  dev: async ({ etcd }) => {
    process.exitCode = await runDev(process.argv.slice(3), etcd);
  },
};
