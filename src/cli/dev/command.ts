import { Exit } from "../command/io.ts";
import type { CommandSpec, Invocation } from "../command/tree.ts";
import type { Installation } from "../installation.ts";
import { DevError, devCommandOf, membersMax } from "./options.ts";

/** `quorate dev`: a cluster on this machine, and what is told to one that runs. */
export function devCommand({ etcd }: Installation): CommandSpec {
  return {
    use: "dev [status | kill <member> | start <member> | stop] [flags] [-- <flags of each member>]",
    short: "Runs a cluster on this machine, each member a process of its own",
    long: `Runs a cluster on this machine, each member a process of its own, until Ctrl-C ends it.

The other forms talk to a cluster that runs, from another terminal; typed into the cluster's own terminal they need no "quorate dev".`,
    example: `  quorate dev                         three members; clients at 127.0.0.1:2379, 2389 and 2399
  quorate dev --members 5 --base-port 4000 -- --snapshot-count 1000
  quorate dev status                  who leads, who is dead, what is missing
  quorate dev kill leader             kill -9, as a power failure; or a member's name
  quorate dev start m1                bring it back
  quorate dev stop                    end the cluster, as Ctrl-C does; its data stays`,
    flags: [
      { name: "members", type: "string", initial: "3", usage: `how many members, at most ${membersMax}` },
      { name: "data-dir", type: "string", initial: "quorate.dev", usage: "where their data and logs live" },
      {
        name: "base-port",
        type: "string",
        initial: "2379",
        usage: "client port of the first member; each member takes two ports, ten apart",
      },
      { name: "kill", type: "string", initial: "", usage: "as dev kill: a `member`'s name, or leader" },
      { name: "start", type: "string", initial: "", usage: "as dev start: a `member`'s name" },
      { name: "status", type: "bool", initial: "false", usage: "as dev status" },
      { name: "stop", type: "bool", initial: "false", usage: "as dev stop" },
    ],
    run: (call) => dev(call, etcd),
  };
}

async function dev({ io, flags }: Invocation, etcd: string): Promise<void> {
  try {
    const command = devCommandOf(flags);
    const { runDev } = await import("./main.ts");
    const code = await runDev(command, etcd);
    if (code !== 0) throw new Exit(code);
  } catch (error) {
    if (!(error instanceof DevError)) throw error;
    io.err(`quorate dev: ${error.message}\n`);
    throw new Exit(1);
  }
}
