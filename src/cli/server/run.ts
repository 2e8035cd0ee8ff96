import { type LoadInputs, load, options } from "../../node/config/index.ts";
import { nearest } from "../command/tree.ts";
import { writeOrLose } from "../process/output.ts";
import { defaultHost } from "./default-host.ts";
import { startServer } from "./start.ts";

export interface RunOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  /** Greet a person: addresses, directory and version instead of log lines; what goes wrong is told in a line. */
  readonly forPerson: boolean;
  /** Of this package, beside etcd's that clients see. */
  readonly version: string;
  /** Called once the server serves, with its data directory. */
  readonly ready: (dataDir: string) => void;
  /** What the launcher told of the socket to the service manager. */
  readonly notify: string | undefined;
}

/**
 * Runs a server until a signal ends it. Exit codes as etcd's: 0 for help, version and a clean end, 2 for flags that
 * cannot be read, 1 for anything that keeps the server from starting or going on. Returns what a person asked for instead
 * of a server.
 */
export async function runServer(run: RunOptions): Promise<"help" | "version" | undefined> {
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
    if (run.forPerson && (loaded.about === "help" || loaded.about === "version")) return loaded.about;
    writeOrLose(1, loaded.stdout);
    writeOrLose(2, run.forPerson && loaded.fault !== undefined ? briefly(loaded.fault) : loaded.stderr);
    process.exitCode = loaded.code;
    return undefined;
  }
  const { forPerson: banner, version, ready, notify } = run;
  await startServer(loaded, { banner, version, ready, notify, gitSha: inputs.build.gitSha });
  return undefined;
}

/** What is wrong with the flags, in place of etcd's usage text: the reason, what may have been meant, where to read on. */
export function briefly(fault: { readonly message: string; readonly unknownFlag: string | undefined }): string {
  let { message } = fault;
  if (fault.unknownFlag !== undefined) {
    const near = nearest(fault.unknownFlag, [...options.map(({ flag }) => flag), "help"]).map((flag) => `--${flag}`);
    const hint = near.length === 0 ? "" : `; did you mean ${near.slice(0, 3).join(" or ")}?`;
    message = `unknown flag: --${fault.unknownFlag}${hint}`;
  }
  return `quorate: ${message}\nRun 'quorate start --help' for all flags.\n`;
}
