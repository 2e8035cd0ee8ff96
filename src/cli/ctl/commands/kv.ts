import { rpc } from "../../../wire/proto/index.ts";
import type { FlagSet } from "../../command/flags.ts";
import { Exit, ExitCode, fail, type Io } from "../../command/io.ts";
import { bytesOf, NumberProblem, parseInteger, quote } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { rangeOf } from "../keys.ts";
import { limitOf, open } from "../session.ts";

export async function get(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const request = rangeRequest(io, flags, call.args);
  const { session, display } = await open(call);
  let answer: rpc.RangeResponse;
  try {
    if (flags.bool("stream"))
      answer = await (await import("../range-stream.ts")).rangeStream(session, request, limitOf(call).timeoutMs);
    else {
      answer = await session.call("KV/Range", [rpc.RangeRequest, request], rpc.RangeResponse, {
        repeatable: true,
        ...limitOf(call),
      });
    }
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  if (flags.bool("count-only") && display.format !== "fields") {
    fail(io, ExitCode.BadArgs, "--count-only is only for `--write-out=fields`");
  }
  if (flags.bool("print-value-only") && display.format !== "simple") {
    fail(io, ExitCode.BadArgs, "print-value-only is only for `--write-out=simple`");
  }
  await display.show({ kind: "get", answer, valueOnly: flags.bool("print-value-only") });
}

export async function put(call: Invocation): Promise<void> {
  const request = await putRequest(call.io, call.flags, call.args);
  const { session, display } = await open(call);
  try {
    const answer = await session.call("KV/Put", [rpc.PutRequest, request], rpc.PutResponse, limitOf(call));
    await display.show({ kind: "put", answer });
  } catch (error) {
    rethrow(call.io, error);
  }
}

export async function del(call: Invocation): Promise<void> {
  const request = await deleteRequest(call.io, call.flags, call.args);
  const { session, display } = await open(call);
  try {
    const answer = await session.call(
      "KV/DeleteRange",
      [rpc.DeleteRangeRequest, request],
      rpc.DeleteRangeResponse,
      limitOf(call),
    );
    await display.show({ kind: "del", answer });
  } catch (error) {
    rethrow(call.io, error);
  }
}

export async function compaction(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "compaction command needs 1 argument");
  let revision: bigint;
  try {
    revision = parseInteger(args[0]!, 10);
  } catch (problem) {
    fail(io, ExitCode.Error, problem);
  }
  const { session } = await open(call);
  try {
    const request = { revision: safe(revision), physical: flags.bool("physical") };
    await session.call("KV/Compact", [rpc.CompactionRequest, request], rpc.CompactionResponse, limitOf(call));
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  io.out(`compacted revision ${revision}\n`);
}

/** Beyond 2^53 no revision exists; the nearest number says the same. */
function safe(value: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > most ? most : value < -most ? -most : value);
}

/** A failed request ends the command with 1; an end that was said already goes on. */
function rethrow(io: Io, error: unknown): never {
  if (error instanceof Exit) throw error;
  fail(io, ExitCode.Error, error);
}

/** Whether `option` asks for a serializable read; refuses anything but `s` and `l`. */
export function isSerializable(io: Io, option: string): boolean {
  if (option !== "s" && option !== "l") fail(io, ExitCode.BadFeature, `unknown consistency flag ${quote(option)}`);
  return option === "s";
}

const sortOrders: Readonly<Record<string, rpc.SortOrder>> = { "": 0, ASCEND: 1, DESCEND: 2 };
const sortTargets: Readonly<Record<string, rpc.SortTarget>> = {
  "": 0,
  KEY: 0,
  VERSION: 1,
  CREATE: 2,
  MODIFY: 3,
  VALUE: 4,
};

/** What `get` and its flags ask for. */
export function rangeRequest(io: Io, flags: FlagSet, args: readonly string[]): rpc.RangeRequest {
  const refuse = (why: string): never => fail(io, ExitCode.BadArgs, why);
  if (args.length === 0) refuse("get command needs one argument as key and an optional argument as range_end");
  const prefix = flags.bool("prefix");
  const fromKey = flags.bool("from-key");
  if (prefix && fromKey) refuse("`--prefix` and `--from-key` cannot be set at the same time, choose one");
  if (flags.bool("keys-only") && flags.bool("count-only")) {
    refuse("`--keys-only` and `--count-only` cannot be set at the same time, choose one");
  }
  const serializable = isSerializable(io, flags.string("consistency"));
  if (args.length > 1 && (prefix || fromKey)) {
    refuse("too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
  }
  const order = sortOrders[flags.string("order").toUpperCase()];
  if (order === undefined) fail(io, ExitCode.BadFeature, `bad sort order ${flags.string("order")}`);
  const target = sortTargets[flags.string("sort-by").toUpperCase()];
  if (target === undefined) fail(io, ExitCode.BadFeature, `bad sort target ${flags.string("sort-by")}`);
  const positive = (name: string) => Math.max(0, flags.number(name));
  const bounds = (least: string, most: string, label: string) => {
    if (flags.number(most) > 0 && flags.number(least) > flags.number(most)) {
      const text = `getMin${label}Rev(=${flags.number(least)}) > getMax${label}Rev(=${flags.number(most)})`;
      fail(io, ExitCode.BadFeature, text);
    }
    return [positive(least), positive(most)] as const;
  };
  const [minCreateRevision, maxCreateRevision] = bounds("min-create-rev", "max-create-rev", "Create");
  const [minModRevision, maxModRevision] = bounds("min-mod-rev", "max-mod-rev", "Mod");
  // The client asks for keys in ascending order without a sort, since that is their natural order.
  const natural = target === rpc.SortTarget.KEY && order === rpc.SortOrder.ASCEND;
  return rpc.createRangeRequest({
    ...rangeOf(args[0]!, args[1], prefix, fromKey),
    limit: flags.number("limit"),
    revision: positive("rev"),
    sortOrder: natural ? rpc.SortOrder.NONE : order,
    sortTarget: target,
    serializable,
    keysOnly: flags.bool("keys-only"),
    countOnly: flags.bool("count-only"),
    minCreateRevision,
    maxCreateRevision,
    minModRevision,
    maxModRevision,
  });
}

/** What `put` and its flags ask for; the value may come from standard input. */
export async function putRequest(io: Io, flags: FlagSet, args: readonly string[]): Promise<rpc.PutRequest> {
  const needs = "put command needs 1 argument and input from stdin or 2 arguments";
  const ignoreValue = flags.bool("ignore-value");
  if (args.length === 0) fail(io, ExitCode.BadArgs, needs);
  if (ignoreValue && args.length > 1)
    fail(io, ExitCode.BadArgs, "put command needs only 1 argument when 'ignore-value' is set");
  let value: Uint8Array = new Uint8Array(0);
  if (!ignoreValue) {
    value = args.length > 1 ? bytesOf(args[1]!) : await io.readAll();
    if (args.length === 1 && value.length === 0) fail(io, ExitCode.BadArgs, needs);
  }
  let lease = 0n;
  try {
    lease = parseInteger(flags.string("lease"), 16);
  } catch (problem) {
    if (problem instanceof NumberProblem)
      fail(io, ExitCode.BadArgs, `bad lease ID (${problem.message}), expecting ID in Hex`);
    throw problem;
  }
  return rpc.createPutRequest({
    key: bytesOf(args[0]!),
    value,
    lease,
    prevKv: flags.bool("prev-kv"),
    ignoreValue,
    ignoreLease: flags.bool("ignore-lease"),
  });
}

/** What `del` and its flags ask for. A range without `--range` waits two seconds, time to think again. */
export async function deleteRequest(io: Io, flags: FlagSet, args: readonly string[]): Promise<rpc.DeleteRangeRequest> {
  const refuse = (why: string): never => fail(io, ExitCode.BadArgs, why);
  if (args.length === 0 || args.length > 2) {
    refuse("del command needs one argument as key and an optional argument as range_end");
  }
  const prefix = flags.bool("prefix");
  const fromKey = flags.bool("from-key");
  if (prefix && fromKey) refuse("`--prefix` and `--from-key` cannot be set at the same time, choose one");
  if (args.length > 1) {
    if (prefix || fromKey)
      refuse("too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
    if (!flags.bool("range")) {
      io.err(
        `Warning: Keys between ${quote(args[0]!)} and ${quote(args[1]!)} will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide \`--range\` flag to avoid the delay.\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
  return rpc.createDeleteRangeRequest({
    ...rangeOf(args[0]!, args[1], prefix, fromKey),
    prevKv: flags.bool("prev-kv"),
  });
}
