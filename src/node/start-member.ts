import { createHash } from "node:crypto";
import { openAccess } from "../api/gateway/index.ts";
import { Registry } from "../api/metrics/index.ts";
import {
  checkOptions,
  type Env,
  everyOf,
  isText,
  type Kind,
  kinds,
  type Logger,
  oneOf,
  silentLogger,
} from "../base/index.ts";
import { defaultMemberOptions, type Member, type MemberOptions } from "../server/index.ts";
import { MemoryDisk, RealDisk } from "../storage/disk/index.ts";
import { type ServeOptions, type Serving, serve } from "./serve.ts";
import { systemClock, systemRandom, systemScheduler } from "./system-env.ts";

/** How to start a member inside a program. Everything has a default. */
export interface StartMemberOptions {
  /** Name of the member; default `default`. */
  readonly name?: string;
  /** A directory, or "memory" (the default): nothing touches the disk, and everything is gone with `close`. */
  readonly storage?: string;
  /** Address to serve on; default 127.0.0.1. */
  readonly host?: string;
  /** Port to serve on; default 0: the system chooses. */
  readonly port?: number;
  /** Where log lines go; default nowhere. */
  readonly logger?: Logger;
  /** Called when the member had to stop by itself, e.g. since its disk failed. */
  readonly onFatal?: (error: unknown) => void;
  /** Further settings, by the names of etcd's flags in camel case. */
  readonly settings?: Partial<Omit<MemberOptions, "name" | "dataDir" | "sha1">>;
}

const urlsKind: Kind = {
  wanted: "an array of URLs",
  holds: (value) => Array.isArray(value) && everyOf(value, (url) => isText(url) && URL.canParse(url)),
};
const textNotEmpty: Kind = { wanted: "a string that is not empty", holds: (value) => isText(value) && value !== "" };
const timeKind: Kind = {
  wanted: "a number of milliseconds, above 0",
  holds: (value) => Number.isFinite(value) && (value as number) > 0,
};
const pauseKind: Kind = {
  wanted: "a number of milliseconds, from 0",
  holds: (value) => Number.isFinite(value) && (value as number) >= 0,
};

/** Every setting has its kind: one that is added to `MemberOptions` and not here does not compile. */
const settingsShape = {
  walDir: textNotEmpty,
  initialCluster: {
    wanted: "a Map from names to arrays of URLs",
    holds: (value) =>
      value instanceof Map &&
      [...value].every(([name, urls]) => isText(name) && urlsKind.holds(urls) && urls.length > 0),
  },
  initialClusterToken: kinds.text,
  initialClusterState: oneOf("new", "existing"),
  advertiseClientUrls: urlsKind,
  advertisePeerUrls: urlsKind,
  forceNewCluster: kinds.flag,
  initialElectionTickAdvance: kinds.flag,
  initialCorruptCheck: kinds.flag,
  corruptCheckMs: pauseKind,
  compactHashCheck: kinds.flag,
  compactHashCheckMs: pauseKind,
  downgradeCheckMs: pauseKind,
  heartbeatMs: timeKind,
  electionMs: timeKind,
  preVote: kinds.flag,
  snapshotCount: kinds.count,
  snapshotCatchUpEntries: kinds.count,
  snapshotsMax: kinds.count,
  walsMax: kinds.count,
  learnersMax: kinds.count,
  strictReconfigCheck: kinds.flag,
  quotaBackendBytes: kinds.integer,
  batchIntervalMs: timeKind,
  batchLimit: kinds.positive,
  pageCacheBytes: kinds.count,
  valueCacheBytes: kinds.count,
  bootstrapDefragMebibytes: kinds.count,
  txnOpsMax: kinds.positive,
  requestBytesMax: kinds.positive,
  autoCompactionMode: oneOf("periodic", "revision"),
  autoCompactionRetention: kinds.count,
  compactionBatchLimit: kinds.positive,
  compactionSleepMs: pauseKind,
  watchProgressIntervalMs: timeKind,
  warningApplyMs: pauseKind,
  leaseCheckpoint: kinds.flag,
  leaseCheckpointPersist: kinds.flag,
  fastLeaseKeepAlive: kinds.flag,
  priorityRequest: kinds.flag,
  unsafeNoFsync: kinds.flag,
  authTokenTtlSeconds: kinds.positive,
  bcryptCost: {
    wanted: "a whole number from 4 to 31",
    holds: (value) => Number.isInteger(value) && (value as number) >= 4 && (value as number) <= 31,
  },
  clientCertAuth: kinds.flag,
} as const satisfies Record<keyof Omit<MemberOptions, "name" | "dataDir" | "sha1">, Kind>;

const loggerKind: Kind = {
  wanted: "a logger with the functions enabled, debug, info, warn, error, panic, fatal and child",
  holds: (value) =>
    kinds.object.holds(value) &&
    ["enabled", "debug", "info", "warn", "error", "panic", "fatal", "child"].every(
      (level) => typeof (value as Record<string, unknown>)[level] === "function",
    ),
};

const startShape = {
  name: textNotEmpty,
  storage: { wanted: 'a directory, or "memory"', holds: (value) => isText(value) && value !== "" },
  host: textNotEmpty,
  port: kinds.port,
  logger: loggerKind,
  onFatal: kinds.fn,
  settings: kinds.object,
} as const satisfies Record<keyof StartMemberOptions, Kind>;

/** A member that runs in this process. */
export interface StartedMember {
  /** Where clients connect: `http://127.0.0.1:<port>`. */
  readonly clientUrl: string;
  /** The member itself, for calls without a network. */
  readonly member: Member;
  /** Stops serving, commits and closes. Idempotent. */
  close(): Promise<void>;
}

export const sha1 = (bytes: Uint8Array): Uint8Array => createHash("sha1").update(bytes).digest();

/** What a member serves with when nobody says otherwise: etcd's defaults. */
export function defaultServeOptions(member: MemberOptions, urls: readonly string[]): ServeOptions {
  return {
    member,
    listen: urls.map((url) => ({ url, serves: "client" as const })),
    access: openAccess,
    authToken: "simple",
    gateway: true,
    maxConcurrentStreams: 0xffff_ffff,
    keepaliveMinTimeMs: 5000,
    keepaliveTimeMs: 7_200_000,
    keepaliveTimeoutMs: 20_000,
    handlingTimeHistogram: false,
    stopServingOnDefrag: false,
    warningUnaryMs: 300,
    onFatal: () => {},
  };
}

/** The world as this process sees it. */
export function systemEnv(logger: Logger, registry: Registry): Env {
  return { clock: systemClock, scheduler: systemScheduler, random: systemRandom, logger, metrics: registry };
}

/**
 * Starts a member in this process; resolves when it serves. Rejects with TypeError for options that are unknown or of a wrong type.
 *
 * @example
 * const member = await startMember({ storage: "memory" });
 * console.log(member.clientUrl);
 * await member.close();
 */
export async function startMember(options: StartMemberOptions = {}): Promise<StartedMember> {
  checkOptions("startMember", options, startShape);
  if (options.settings !== undefined) checkOptions("startMember: settings", options.settings, settingsShape);
  const { storage = "memory", host = "127.0.0.1", port = 0, logger = silentLogger } = options;
  const inMemory = storage === "memory";
  const disk = inMemory ? new MemoryDisk() : new RealDisk();
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const member = defaultMemberOptions(inMemory ? "/memory" : storage, sha1, {
    advertiseClientUrls: [url],
    ...options.settings,
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  const registry = new Registry();
  const serving: Serving = await serve(
    { ...defaultServeOptions(member, [url]), onFatal: options.onFatal ?? (() => {}) },
    disk,
    registry,
    systemEnv(logger, registry),
  );
  return { clientUrl: serving.urls[0]!, member: serving.member, close: () => serving.close() };
}
