import { compareSemVer, messageOf, parseSemVer, type SemVer, utf8 } from "../../base/index.ts";
import { type Disk, RealDisk } from "../../storage/disk/index.ts";
import type { Store } from "../../storage/store/index.ts";
import { readWal, validSnapshotEntries } from "../../storage/wal/index.ts";
import { internal, type MessageCodec, raftpb } from "../../wire/proto/index.ts";
import { Exit, ExitCode, fail } from "../command/io.ts";
import { quote } from "../command/text.ts";
import type { Invocation } from "../command/tree.ts";
import { toolEnv, toolLogger } from "./env.ts";
import { databaseOf, databaseProblem, mustExist, openDatabase } from "./files.ts";

const v35: SemVer = { major: 3, minor: 5, patch: 0, pre: "" };
/** Newest version whose files are known. */
const newestMinor = 7;

const tooOld = "an etcd before 3.5 wrote this: run it once with etcd 3.5, then come back";

/** Changes the storage version, if the log holds nothing that the target version could not read. */
export async function migrate(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const target = targetOf(call);
  const dataDir = flags.string("data-dir");
  const logger = toolLogger(io, "utl/migrate.ts");
  try {
    const disk = new RealDisk();
    mustExist(disk, databaseOf(dataDir), "member's database");
    const store = await openDatabase(call, disk, databaseOf(dataDir), "member's database", toolEnv(logger));
    try {
      const current = versionOf(store);
      if (compareSemVer(current, target) === 0) {
        logger.info("storage version up-to-date", { "storage-version": minorText(current) });
        return;
      }
      const text = target.minor < 6 ? undefined : `${minorText(target)}.0`;
      try {
        checkPlan(disk, dataDir, current, target);
        logger.info("updated storage version", { "new-storage-version": `${minorText(target)}.0` });
      } catch (problem) {
        if (!flags.bool("force")) throw problem;
        logger.info("normal migrate failed, trying with force", { error: messageOf(problem) });
        if (text === undefined) logger.warn("forcefully cleared storage version");
        else logger.warn("forcefully set storage version", { "storage-version": minorText(target) });
      }
      store.setStorageVersion(text);
      await store.commit();
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.Error, databaseProblem(error, databaseOf(dataDir), "member's database"));
  }
}

function targetOf({ io, flags }: Invocation): SemVer {
  const text = flags.string("target-version");
  if (text.split(".").length !== 2) {
    fail(io, ExitCode.BadArgs, `wrong target version format, expected "X.Y", got ${quote(text)}`);
  }
  const version = parseSemVer(`${text}.0`);
  if (version === undefined) {
    fail(
      io,
      ExitCode.BadArgs,
      `failed to parse target version: strconv.ParseInt: parsing ${quote(badPart(text))}: invalid syntax`,
    );
  }
  if (compareSemVer(version, v35) < 0) {
    fail(io, ExitCode.BadArgs, `target version ${quote(minorText(version))} not supported. Minimal "3.5"`);
  }
  return version;
}

function badPart(text: string): string {
  return text.split(".").find((part) => !/^\d+$/.test(part)) ?? text;
}

function minorText({ major, minor }: SemVer): string {
  return `${major}.${minor}`;
}

/** From 3.6 on the store says its version; a 3.5 one is known by what it already keeps. */
function versionOf(store: Store): SemVer {
  const text = store.storageVersion();
  const said = text === undefined ? undefined : parseSemVer(text);
  if (said !== undefined) return { ...said, patch: 0, pre: "" };
  if (store.confState() === undefined) {
    throw new Error(`missing confstate information; ${tooOld}`);
  }
  if (store.get("meta", utf8("term")) === undefined) throw new Error(`missing term information; ${tooOld}`);
  return v35;
}

function checkPlan(disk: Disk, dataDir: string, current: SemVer, target: SemVer): void {
  if (current.major !== target.major) {
    throw new Error("cannot create migration plan: changing major storage version is not supported");
  }
  if (target.minor > newestMinor) {
    const first = Math.max(current.minor, newestMinor) + 1;
    throw new Error(`cannot create migration plan: version "3.${first}.0" is not supported`);
  }
  if (compareSemVer(target, current) > 0) return;
  const needed = logVersion(disk, `${dataDir}/member/wal`);
  if (compareSemVer(target, needed) < 0) {
    throw new Error(
      `cannot downgrade storage, WAL contains newer entries, as the target version (${minorText(target)}.0) is lower than the version (${minorText(needed)}.0) detected from WAL logs`,
    );
  }
}

/** The oldest etcd that can read the log behind its last snapshot. */
function logVersion(disk: Disk, walDir: string): SemVer {
  const start = validSnapshotEntries(disk, walDir).at(-1) ?? { index: 0, term: 0, confState: undefined };
  let needed: SemVer = { major: 3, minor: 0, patch: 0, pre: "" };
  const need = (since: string | undefined) => {
    const version = since === undefined ? undefined : parseSemVer(`${since}.0`);
    if (version !== undefined && compareSemVer(version, needed) > 0) needed = version;
  };
  for (const entry of readWal(disk, walDir, start).entries) {
    if (entry.type === raftpb.EntryType.EntryConfChangeV2) need("3.4");
    if (entry.type !== raftpb.EntryType.EntryNormal || entry.data.length === 0) continue;
    const request = internal.decodeInternalRaftRequest(entry.data);
    visit(internal.InternalRaftRequest as MessageCodec<unknown>, request, need);
    const test = (request as { downgradeVersionTest?: { ver: string } }).downgradeVersionTest;
    if (test !== undefined) need(test.ver.split(".").slice(0, 2).join("."));
  }
  return needed;
}

/** Every field that is set, with the version that first knew it. */
function visit(codec: MessageCodec<unknown>, message: unknown, need: (since: string | undefined) => void): void {
  need(codec.since);
  for (const field of codec.fields) {
    const holder = message as Record<string, unknown>;
    const union = field.oneof === undefined ? undefined : (holder[field.oneof] as { case?: string; value?: unknown });
    const value =
      union === undefined ? holder[field.property] : union.case === field.property ? union.value : undefined;
    if (!isSet(value)) continue;
    need(field.since);
    if (field.message !== undefined && !field.embed) {
      for (const item of field.repeated ? (value as unknown[]) : [value]) visit(field.message(), item, need);
    }
    if (field.enumeration !== undefined) {
      need(field.enumeration.since);
      for (const item of field.repeated ? (value as number[]) : [value as number]) {
        need(field.enumeration.valuesSince[item]);
      }
    }
  }
}

function isSet(value: unknown): boolean {
  if (value instanceof Uint8Array || typeof value === "string" || Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== 0 && value !== 0n && value !== false;
}
