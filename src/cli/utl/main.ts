import { execute, program } from "../command/command.ts";
import { type CompletionEntry, completionEntries } from "../command/completion.ts";
import type { FlagSpec } from "../command/flags.ts";
import type { Io } from "../command/io.ts";
import { completionCommand } from "../command/shells.ts";
import type { CommandSpec, Invocation } from "../command/tree.ts";

function text(name: string, usage: string, initial = ""): FlagSpec {
  return { name, type: "string", initial, usage };
}

function bool(name: string, usage: string): FlagSpec {
  return { name, type: "bool", initial: "false", usage };
}

function number(name: string, usage: string, type: "int64" | "uint64", initial = "0"): FlagSpec {
  return { name, type, initial, usage };
}

/** etcd maps 10 GiB of a database at once; here the number only has to be read. */
const mapBytes = String(10 * 1024 * 1024 * 1024);

type Run = (call: Invocation) => Promise<void>;
const snapshot =
  (pick: (m: typeof import("./snapshot.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./snapshot.ts"))(call);

/** Commands of etcdutl 3.7: names, flags and initial values are etcd's, descriptions are ours. */
function etcdutl(name: string, version?: string): CommandSpec {
  return {
    use: name,
    short: "Works on the files of a member that does not run.",
    inherited: [
      {
        name: "timeout",
        type: "duration",
        initial: "10s",
        usage: "how long to wait for a database that is in use; 0: for ever",
      },
      { ...text("write-out", "how answers are printed (fields, json, protobuf, simple, table)", "simple"), short: "w" },
    ],
    children: [
      {
        use: "defrag",
        short: "Rewrites a database without its free pages",
        flags: [text("data-dir", "Required. Data directory of a member that does not run.")],
        required: ["data-dir"],
        run: async (call) => (await import("./defrag.ts")).defrag(call),
      },
      {
        use: "snapshot <subcommand>",
        short: "Looks into snapshots and makes members of them",
        children: [
          {
            use: "restore <filename> --data-dir {output dir} [options]",
            short: "Makes the data directory of a new cluster's member",
            flags: [
              text("data-dir", "directory to make"),
              text("wal-dir", "directory for the log; within --data-dir when not given"),
              text("initial-cluster", "members of the new cluster", "default=http://localhost:2380"),
              text("initial-cluster-token", "token of the new cluster", "etcd-cluster"),
              text("initial-advertise-peer-urls", "this member's peer URLs", "http://localhost:2380"),
              text("name", "this member's name", "default"),
              bool("skip-hash-check", "take a file without hash, such as one copied from a data directory"),
              number("initial-memory-map-size", "bytes of the database that are mapped at first", "uint64", mapBytes),
              number("bump-revision", "raise the revision by so much", "uint64"),
              bool(
                "mark-compacted",
                "count everything up to the new revision as compacted (needed with --bump-revision)",
              ),
            ],
            run: snapshot((m) => m.restore),
          },
          {
            use: "status <filename>",
            short: "Prints hash, revision, number of keys, size and version of a snapshot",
            long: "Prints, with simple output: hash, revision, total keys, total size, version.\n",
            run: snapshot((m) => m.status),
          },
        ],
      },
      {
        use: "hashkv <filename>",
        short: "Prints the hash over a database's keys and history",
        flags: [number("rev", "hash up to this revision; 0: the latest", "int64")],
        check: (args) => (args.length === 1 ? undefined : `accepts 1 arg(s), received ${args.length}`),
        run: async (call) => (await import("./hash-kv.ts")).hashKv(call),
      },
      {
        use: "version",
        short: `Prints the version of ${name}`,
        run: async ({ io }) =>
          io.out(
            `${version === undefined ? "" : `quorate version: ${version}\n`}etcdutl version: 3.7.1\nAPI version: 3.7\n`,
          ),
      },
      completionCommand(name),
      {
        use: "migrate",
        short: "Prepares a data directory for another version of etcd",
        flags: [
          text("data-dir", "data directory of a member that does not run"),
          text("target-version", 'version to prepare for, "X.Y", not below 3.5'),
          bool("force", "change the version even if the data does not allow it"),
        ],
        required: ["data-dir", "target-version"],
        run: async (call) => (await import("./migrate.ts")).migrate(call),
      },
    ],
  };
}

/** The program under our own name: with its version, and the nearest flag where one does not exist. */
export interface OwnName {
  readonly name: "quorateutl" | "quorate utl";
  /** Of this package. */
  readonly version: string;
}

function specOf(own: OwnName | undefined): CommandSpec {
  if (own === undefined) return etcdutl("etcdutl");
  const spec = etcdutl(own.name, own.version);
  return own.name === "quorateutl" ? spec : below(spec);
}

/** The program as a command of `quorate`, whose own `completion` completes it. */
function below(spec: CommandSpec): CommandSpec {
  const children = spec.children!.filter(({ use }) => !use.startsWith("completion "));
  return { ...spec, children, use: "utl", under: "quorate" };
}

/** Runs one etcdutl command line, under etcd's name or our own; gives the exit code. */
export function main(io: Io, own?: OwnName): Promise<number> {
  return execute(specOf(own), io, { usageOnly: true, repeatError: true, strict: own !== undefined });
}

/** What completes `quorate utl …`. */
export function completions(version: string): CompletionEntry[] {
  return completionEntries(program(specOf({ name: "quorate utl", version })), "utl");
}
