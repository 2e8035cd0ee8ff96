import type { Io } from "./io.ts";
import { bytesOf } from "./text.ts";

export interface Ran {
  /** Standard output, a byte a character. */
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs one command line in this process, with this standard input. */
export async function runCommandLine(
  main: (io: Io) => Promise<number>,
  args: readonly string[],
  stdin = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const out: Uint8Array[] = [];
  let err = "";
  let rest = stdin;
  const io: Io = {
    args,
    env,
    out: (data) => {
      out.push(typeof data === "string" ? bytesOf(data) : data);
    },
    err: (data) => {
      err += typeof data === "string" ? data : Buffer.from(data).toString("utf8");
    },
    readAll: async () => {
      const all = Buffer.from(rest, "utf8");
      rest = "";
      return all;
    },
    readLine: async () => {
      if (rest === "") return undefined;
      const end = rest.indexOf("\n");
      const line = end < 0 ? rest : rest.slice(0, end + 1);
      rest = rest.slice(line.length);
      return line;
    },
    askPassword: async () => "",
    onInterrupt: () => () => {},
  };
  const code = await main(io);
  return { out: Buffer.concat(out).toString("latin1"), err, code };
}
