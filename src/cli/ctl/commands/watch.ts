import { messageOf } from "../../../base/index.ts";
import { kv } from "../../../wire/proto/index.ts";
import { FlagSet } from "../../command/flags.ts";
import { Exit, ExitCode, fail } from "../../command/io.ts";
import { bytesOf, quote } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import type { Display } from "../display.ts";
import { watchFlags } from "../flag-tables.ts";
import { prefixEndOf } from "../keys.ts";
import { runCommand } from "../run-command.ts";
import { open } from "../session.ts";
import { Watching, type WatchNews, type WatchWish } from "../watching.ts";
import { words } from "../words.ts";

const badNumber = "bad number of arguments";
const conflict = "bad number of arguments (found conflicting environment key)";
const noCommand = "bad number of arguments (found separator --, but no commands)";

export async function watch(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const key = io.env.ETCDCTL_WATCH_KEY ?? "";
  const end = io.env.ETCDCTL_WATCH_RANGE_END ?? "";
  if (key === "" && end !== "") {
    fail(io, ExitCode.BadArgs, `ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=${quote(end)}`);
  }
  const given = key === "" ? [] : end === "" ? [key] : [key, end];
  if (flags.bool("interactive")) return interact(call, given);
  let split: Split;
  try {
    split = splitArguments(io.args, call.args, given);
  } catch (problem) {
    fail(io, ExitCode.BadArgs, problem);
  }
  const { session, display } = await open(call);
  let wish: WatchWish;
  try {
    wish = wishOf(flags, split.range);
  } catch (problem) {
    fail(io, ExitCode.BadArgs, problem);
  }
  let ended: Exit | undefined;
  const watching = new Watching(session).watch(wish, async (news) => {
    if (ended !== undefined) return;
    try {
      await tell(call, display, split.command, news);
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      ended ??= error;
      stop();
    }
  });
  let stop!: () => void;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  await Promise.race([watching, stopped]);
  session.close();
  if (ended !== undefined) throw ended;
  fail(io, ExitCode.Interrupted, "watch is canceled by the server");
}

export interface Split {
  /** Key and range end. */
  readonly range: readonly string[];
  /** What to run for each event; empty: print it. */
  readonly command: readonly string[];
}

/**
 * Tells the watched range from the command to run. `raw` are the words as they were typed, where `--` still stands;
 * `args` what is left of them without flags and `--`; `given` the range that the environment names.
 */
export function splitArguments(raw: readonly string[], args: readonly string[], given: readonly string[]): Split {
  const typed = raw.slice(raw.indexOf("watch") + 1);
  const dash = typed.indexOf("--");
  if (dash >= 0 && dash === typed.length - 1) throw new Error(noCommand);
  if (dash < 0 && typed.length < 1 && given.length === 0) throw new Error(badNumber);
  const command = dash < 0 ? [] : typed.slice(dash + 1);
  // Everything that `args` holds beyond the command is a range, and one named twice is a mistake.
  const range = args.slice(0, Math.max(0, args.length - command.length));
  if (given.length > 0 && range.length > 0) throw new Error(conflict);
  return { range: [...given, ...range], command };
}

function wishOf(flags: FlagSet, range: readonly string[]): WatchWish {
  if (range.length < 1) throw new Error(badNumber);
  const prefix = flags.bool("prefix");
  let key = range[0]!;
  let end = "";
  if (range.length === 2) {
    if (prefix) throw new Error("`range_end` and `--prefix` are mutually exclusive");
    end = range[1]!;
  }
  if (prefix) {
    end = key === "" ? "\0" : prefixEndOf(key);
    if (key === "") key = "\0";
  }
  return {
    key: bytesOf(key),
    rangeEnd: bytesOf(end),
    startRevision: flags.number("rev"),
    prevKv: flags.bool("prev-kv"),
    progressNotify: flags.bool("progress-notify"),
  };
}

async function tell(call: Invocation, display: Display, command: readonly string[], news: WatchNews): Promise<void> {
  const { io } = call;
  const { response, failure } = news;
  if (failure !== undefined) io.err(`watch was canceled (${failure})\n`);
  const revision = response.header?.revision ?? 0;
  const progress =
    response.events.length === 0 && !response.canceled && response.compactRevision === 0 && revision !== 0;
  if (progress) io.out(`progress notify: ${revision}\n`);
  await display.show({ kind: "watch", answer: response });
  if (command.length === 0) return;
  for (const bytes of response.events) {
    const event = kv.decodeEvent(bytes);
    const pair = kv.decodeKeyValue(event.kv ?? new Uint8Array(0));
    const outcome = await runCommand(command, {
      ...io.env,
      ETCD_WATCH_REVISION: String(revision),
      ETCD_WATCH_EVENT_TYPE: quote(event.type === kv.EventType.DELETE ? "DELETE" : "PUT"),
      ETCD_WATCH_KEY: quote(pair.key),
      ETCD_WATCH_VALUE: quote(pair.value),
    });
    if (outcome.problem !== undefined) {
      io.err(`command [${command.map(quote).join(" ")}] error (${outcome.problem})\n`);
      throw new Exit(ExitCode.Error);
    }
  }
}

/** Watch commands from standard input, as many as come; events of all of them are printed. */
async function interact(call: Invocation, given: readonly string[]): Promise<void> {
  const { io } = call;
  const { session, display } = await open(call);
  const watching = new Watching(session);
  for (;;) {
    const read = await io.readLine();
    if (read === undefined || !read.endsWith("\n")) {
      fail(io, ExitCode.InvalidInput, "error reading watch request line: EOF");
    }
    const line = read.slice(0, -1);
    const [name, ...rest] = words(io, line);
    if (name === undefined) {
      io.err(`Invalid command: ${line} (watch and progress supported)\n`);
    } else if (name === "progress") {
      watching.requestProgress();
    } else if (name !== "watch") {
      io.err(`Invalid command ${line} (only support watch)\n`);
    } else if (rest.length < 1 && given.length === 0) {
      io.err(`Invalid command ${line} (command type or key is not provided)\n`);
    } else {
      const flags = new FlagSet();
      flags.add(watchFlags);
      let split: Split;
      try {
        flags.parse(rest);
        split = splitArguments(["watch", ...rest], flags.args, given);
      } catch (problem) {
        fail(io, ExitCode.BadArgs, problem);
      }
      try {
        const wish = { ...wishOf(flags, split.range), progressNotify: call.flags.bool("progress-notify") };
        void watching.watch(wish, (news) =>
          tell(call, display, split.command, news).catch((error: unknown) => {
            if (error instanceof Exit) process.exit(error.code);
            throw error;
          }),
        );
      } catch (problem) {
        io.err(`Invalid command ${line} (${messageOf(problem)})\n`);
      }
    }
  }
}
