import { messageOf, silentLogger } from "../../base/index.ts";
import { Mvcc } from "../../state/mvcc/index.ts";
import { RealDisk } from "../../storage/disk/index.ts";
import { Exit, ExitCode, fail } from "../command/io.ts";
import type { Invocation } from "../command/tree.ts";
import { checkFormat, show } from "./display.ts";
import { toolEnv } from "./env.ts";
import { mustExist, openDatabase } from "./files.ts";

/** Leases do not matter to the hash. */
const noLeases = { attach: () => true, detach: () => true, leaseOf: () => 0n };

/** The hash that members compare, computed from a database file. */
export async function hashKv(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  checkFormat(call);
  try {
    const disk = new RealDisk();
    mustExist(disk, args[0]!);
    const env = toolEnv(silentLogger);
    const store = await openDatabase(call, disk, args[0]!, env);
    try {
      const mvcc = Mvcc.open(store, noLeases, {}, env);
      const { hash, revision, compactRevision } = mvcc.hashKv(flags.number("rev"));
      await mvcc.close();
      show(call, [
        { heading: "hash", field: "Hash", name: "hash", value: hash, text: String(hash) },
        {
          heading: "hash revision",
          field: "Hash revision",
          name: "hashRevision",
          value: revision,
          text: String(revision),
        },
        {
          heading: "compact revision",
          field: "Compact revision",
          name: "compactRevision",
          value: compactRevision,
          text: String(compactRevision),
        },
      ]);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof Exit) throw error;
    // A server says whose error it is; a tool does not.
    fail(io, ExitCode.Error, messageOf(error).replace(/^etcdserver: (?=mvcc: )/, ""));
  }
}
