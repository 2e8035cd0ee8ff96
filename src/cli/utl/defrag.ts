import { messageOf } from "../../base/index.ts";
import { RealDisk } from "../../storage/disk/index.ts";
import { ExitCode, fail } from "../command/io.ts";
import type { Invocation } from "../command/tree.ts";
import { toolEnv, toolLogger } from "./env.ts";
import { databaseOf, mustExist, openDatabase } from "./files.ts";

/** Rewrites a member's database without its free pages. */
export async function defrag(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const dataDir = flags.string("data-dir");
  try {
    const disk = new RealDisk();
    const path = databaseOf(dataDir);
    mustExist(disk, path);
    const store = await openDatabase(call, disk, path, toolEnv(toolLogger(io, "utl/defrag.ts")));
    try {
      await store.defragment();
    } finally {
      await store.close();
    }
  } catch (error) {
    fail(io, ExitCode.Error, `Failed to defragment etcd data[${dataDir}] (${messageOf(error)})`);
  }
}
