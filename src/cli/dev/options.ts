import { parseArgs } from "node:util";
import { messageOf } from "../../base/index.ts";

/** What `quorate dev` was asked to do. */
export type DevCommand =
  | { readonly kind: "help" }
  | {
      readonly kind: "run";
      readonly members: number;
      readonly dataDir: string;
      readonly basePort: number;
      /** Flags of the server, after `--`. */
      readonly serverFlags: readonly string[];
    }
  /** Told to a cluster that runs in this directory. */
  | { readonly kind: "tell"; readonly dataDir: string; readonly line: string };

/** What cannot be done as asked; one line for a person. */
export class DevError extends Error {
  override readonly name = "DevError";
}

export const devHelp = `Usage: quorate dev [options] [-- <flags of each member>]

A cluster on this machine, each member a process of its own.

  --members <n>       how many members (default 3, at most 9)
  --data-dir <dir>    where their data and logs live (default quorate.dev)
  --base-port <port>  first client port (default 2379); each member takes two ports, ten apart

To a cluster that runs, from another terminal (or typed into its own, without the dashes):

  --kill <m>          kill -9 a member: its name, or "leader"
  --start <m>         start a member again
  --status            who leads, and how far each member is
`;

const membersMax = 9;

/** @throws DevError */
export function parseDev(args: readonly string[]): DevCommand {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...own],
      options: {
        members: { type: "string", default: "3" },
        "data-dir": { type: "string", default: "quorate.dev" },
        "base-port": { type: "string", default: "2379" },
        kill: { type: "string" },
        start: { type: "string" },
        status: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new DevError(messageOf(error));
  }
  if (values["help"] === true) return { kind: "help" };
  const dataDir = String(values["data-dir"]);
  for (const verb of ["kill", "start"]) {
    const which = values[verb];
    if (typeof which === "string") return { kind: "tell", dataDir, line: `${verb} ${which}` };
  }
  if (values["status"] === true) return { kind: "tell", dataDir, line: "status" };
  const members = whole("--members", String(values["members"]), 1, membersMax);
  const basePort = whole("--base-port", String(values["base-port"]), 1, 65_535 - 10 * membersMax);
  return { kind: "run", members, dataDir, basePort, serverFlags: end < 0 ? [] : args.slice(end + 1) };
}

function whole(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < low || value > high) {
    throw new DevError(`${flag} must be a whole number from ${low} to ${high}, not "${text}"`);
  }
  return value;
}
