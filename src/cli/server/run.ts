import { type LoadInputs, load } from "../../node/config/index.ts";
import { writeOrLose } from "../process/output.ts";
import { defaultHost } from "./default-host.ts";
import { startServer } from "./start.ts";

export interface RunOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  /** Greet a person: addresses, directory and version instead of log lines; warnings are still told. */
  readonly banner: boolean;
  /** Of this package, beside etcd's that clients see. */
  readonly version: string;
  /** What the launcher told of the socket to the service manager. */
  readonly notify: string | undefined;
}

/**
 * Runs a server until a signal ends it. Exit codes as etcd's: 0 for help, version and a clean end, 2 for flags that
 * cannot be read, 1 for anything that keeps the server from starting or going on.
 */
export async function runServer(run: RunOptions): Promise<void> {
  const inputs: LoadInputs = {
    args: run.args,
    env: run.env,
    readFile: run.readFile,
    defaultHost: defaultHost(),
    build: {
      gitSha: `Not provided (quorate ${run.version})`,
      runtime: `node${process.version}`,
      platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
    },
  };
  const loaded = load(inputs);
  if (loaded.kind === "exit") {
    writeOrLose(1, loaded.stdout);
    writeOrLose(2, loaded.stderr);
    process.exitCode = loaded.code;
    return;
  }
  await startServer(loaded, {
    banner: run.banner,
    version: run.version,
    gitSha: inputs.build.gitSha,
    notify: run.notify,
  });
}
