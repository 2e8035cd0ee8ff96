import { runMain } from "./command/system-io.ts";
import { runDev } from "./dev/main.ts";
import type { Programs } from "./installation.ts";
import { main } from "./proxies.ts";

/** What `etcd` and `quorate` do besides serving: a file of its own, so that the server's holds nothing that is loaded on demand. */
export const programs: Programs = {
  /** `etcd gateway …` and `etcd grpc-proxy …`. */
  proxies: () => runMain(main),
  /** `quorate dev …`: a whole cluster on this machine. */
  dev: async ({ etcd }) => {
    process.exitCode = await runDev(process.argv.slice(3), etcd);
  },
};
