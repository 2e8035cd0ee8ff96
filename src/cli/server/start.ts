import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { messageOf } from "../../base/index.ts";
import {
  type Config,
  createLogger,
  DataDirectoryError,
  declareFeatureMetrics,
  type Loaded,
  LogSinkError,
  nameSourcesInStacks,
  parseRotation,
  prepareDataDirectory,
  Registry,
  RemovedError,
  registerProcessMetrics,
  serve,
  serveOptionsOf,
  systemEnv,
  withoutEffect,
} from "../../node/index.ts";
import { RealDisk } from "../../storage/disk/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { writeOrLose } from "../process/output.ts";
import { dieOf } from "../process/signals.ts";
import { systemNotifier } from "../process/system-notifier.ts";
import { banner } from "./banner.ts";
import { discover } from "./discovery.ts";
import { discoverBySrv } from "./srv.ts";
import { startFields } from "./start-line.ts";

export interface StartOptions {
  /** Greet a person: addresses, directory and version instead of log lines; warnings are still told. */
  readonly banner: boolean;
  readonly version: string;
  readonly gitSha: string;
  /** Called once the server serves, with its data directory. */
  readonly ready: (dataDir: string) => void;
  /** What the launcher told of the socket to the service manager. */
  readonly notify: string | undefined;
}

/** Open calls may take this long to end once the process was told to. */
const graceMs = 5000;

/** Runs a server with settings that were read, or says why they are refused. */
export async function startServer(loaded: Exclude<Loaded, { kind: "exit" }>, how: StartOptions): Promise<void> {
  nameSourcesInStacks();
  let logger: ReturnType<typeof createLogger>;
  try {
    logger = createLogger(loggerOptions(loaded.config, how.banner));
  } catch (error) {
    if (!(error instanceof LogSinkError)) throw error;
    createLogger().warn("failed to verify flags", { error });
    process.exitCode = 1;
    return;
  }
  if (loaded.kind === "refused") {
    // A person at a terminal gets one line, not a log.
    if (how.banner) writeOrLose(2, `quorate: ${refusal(loaded.error)}\n`);
    else for (const { level, message, fields } of loaded.notices) logger[level](message, fields);
    process.exitCode = 1;
    return;
  }
  for (const { level, message, fields } of loaded.notices) logger[level](message, fields);
  const { config } = loaded;
  for (const flag of withoutEffect(config)) {
    logger.warn("flag is accepted but has no effect in this version", { flag });
  }

  process.on("warning", (warning) => logger.debug("warning of the run-time", { error: warning }));
  const notifier = systemNotifier(how.notify, logger);
  const registry = new Registry();
  registerProcessMetrics(registry);
  declareFeatureMetrics(registry, config.features);
  const env = systemEnv(logger, registry);
  const disk = new RealDisk();
  try {
    prepareDataDirectory(config.dataDir, disk, logger);
    const initialized = hasLog(config);
    logger.info("starting an etcd server", startFields(config, how.gitSha, initialized));
    let options = serveOptionsOf(config, logger, (error) => {
      notifier.status(`failed: ${messageOf(error)}`);
      // A member that was removed has done what it was told; etcd's process ends well, too.
      process.exit(error instanceof RemovedError ? 0 : 1);
    });
    if (config.discoveryEndpoints.length > 0 && !initialized) {
      const found = { initialCluster: await discover(config, logger), initialClusterToken: config.discoveryToken };
      options = { ...options, member: { ...options.member, ...found } };
    }
    if (config.discoverySrv !== "" && !initialized) {
      options = { ...options, member: { ...options.member, initialCluster: await discoverBySrv(config, logger) } };
    }
    // A person at a terminal sees no log lines below errors.
    if (how.banner) options = { ...options, onWaiting: (line) => writeOrLose(2, `quorate: ${line}\n`) };
    notifier.status("starting: waiting for the cluster");
    const serving = await serve(options, disk, registry, env);
    if (how.banner) writeOrLose(1, banner(serving, config, how.version));
    how.ready(config.dataDir);
    endOnSignal(how.banner, async (signal) => {
      logger.info("received signal; shutting down", { signal: signalWords[signal] ?? signal });
      notifier.stopping("closing connections and files");
      await serving.close(graceMs);
      logger.info("closed etcd server", { name: config.name, "data-dir": config.dataDir });
    });
    notifier.ready(`serving clients at ${serving.urls.join(" ")}`);
    // What a liveness probe asks for: a read that goes through the member and its store.
    notifier.watch(() => {
      serving.member.range(
        rpc.createRangeRequest({ key: new Uint8Array(1), limit: 1, keysOnly: true, serializable: true }),
      );
    });
  } catch (error) {
    const message = messageOf(error);
    notifier.status(`failed to start: ${message}`);
    if (how.banner) writeOrLose(2, `quorate: ${message}\n`);
    else if (error instanceof DataDirectoryError && error.dir !== undefined) {
      logger.fatal(error.message, { dir: error.dir, error: error.cause });
    } else logger.fatal("failed to start etcd", { error: message });
    process.exit(1);
  }
}

/** Why the settings are refused, for a person. etcd says of a word that is no flag that it is "not a valid flag". */
function refusal(error: string): string {
  const word = /^"(.*)" is not a valid flag$/s.exec(error)?.[1];
  if (word === undefined) return error;
  return `unexpected word "${word}" among a member's flags: a command comes first (quorate help lists them), a flag starts with --`;
}

/** Whether this member has run before: then its files say who its fellows are. */
function hasLog({ dataDir, walDir }: Config): boolean {
  const directory = walDir === "" ? `${dataDir}/member/wal` : walDir;
  return existsSync(directory) && readdirSync(directory).some((name) => name.endsWith(".wal"));
}

function loggerOptions(config: Config | undefined, forPerson: boolean): Parameters<typeof createLogger>[0] {
  const format = config?.logFormat === "console" || forPerson ? "console" : "json";
  const given = config?.logLevel ?? "info";
  // The banner tells a person what matters of a normal start; what goes wrong is still told.
  const level = forPerson && given === "info" ? "error" : given === "" ? "info" : given;
  return {
    level,
    format,
    outputs: config?.logOutputs ?? ["default"],
    onBrokenPipe: () => dieOf("SIGPIPE", constants.signals.SIGPIPE),
    ...(config?.enableLogRotation ? { rotation: parseRotation(config.logRotationConfigJson) } : {}),
  };
}

/** What Go calls them. */
const signalWords: Readonly<Partial<Record<NodeJS.Signals, string>>> = { SIGINT: "interrupt", SIGTERM: "terminated" };

/**
 * SIGTERM and SIGINT end the server. As etcd, the process then dies of the signal, so that whoever started it sees why; as the first
 * process of a container, which no signal kills, it exits with 0. So does `quorate` at a terminal, where a person stopped it: there a
 * second signal ends it at once, where etcd takes its time whatever else comes.
 */
function endOnSignal(forPerson: boolean, close: (signal: NodeJS.Signals) => Promise<void>): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending && forPerson) dieOf(signal, constants.signals[signal]);
    if (ending) return;
    ending = true;
    close(signal).then(
      () => {
        if (forPerson || process.pid === 1) process.exit(0);
        dieOf(signal, constants.signals[signal]);
      },
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}
