import { rpc } from "../../../wire/proto/index.ts";
import { FlagSet, type FlagSpec, HelpWanted, UsageProblem } from "../../command/flags.ts";
import { ExitCode, fail, type Io } from "../../command/io.ts";
import { bytesOf, parseInteger, quote } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { delFlags, getFlags, putFlags } from "../flag-tables.ts";
import { open } from "../session.ts";
import { literalAt, words } from "../words.ts";
import { deleteRequest, putRequest, rangeRequest } from "./kv.ts";

export async function txn(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 0) fail(io, ExitCode.BadArgs, "txn command does not accept argument");
  const { session, display } = await open(call);
  const say = (text: string) => {
    if (flags.bool("interactive")) io.out(`${text}\n`);
  };
  const refuse = (error: unknown): never => fail(io, ExitCode.InvalidInput, error);

  say("compares:");
  const compare: rpc.Compare[] = [];
  for await (const line of part(io)) {
    try {
      compare.push(parseCompare(line));
    } catch (problem) {
      refuse(problem);
    }
  }
  say("success requests (get, put, del):");
  const success: rpc.RequestOp[] = [];
  for await (const line of part(io)) success.push(await operation(io, line));
  say("failure requests (get, put, del):");
  const failure: rpc.RequestOp[] = [];
  for await (const line of part(io)) failure.push(await operation(io, line));

  const repeatable = [...success, ...failure].every(({ request }) => request.case === "requestRange");
  let answer: rpc.TxnResponse;
  try {
    const request = { compare, success, failure };
    answer = await session.call("KV/Txn", [rpc.TxnRequest, request], rpc.TxnResponse, { repeatable });
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  await display.show({ kind: "txn", answer });
}

/** Lines up to an empty one. A transaction that ends in the middle of a line is not run. */
async function* part(io: Io): AsyncGenerator<string> {
  for (;;) {
    const line = await io.readLine();
    if (line === undefined || !line.endsWith("\n")) fail(io, ExitCode.InvalidInput, "EOF");
    const trimmed = line.trim();
    if (trimmed === "") return;
    yield trimmed;
  }
}

const relations: Readonly<Record<string, rpc.CompareResult>> = { "=": 0, ">": 1, "<": 2, "!=": 3 };

/** `mod("key") > "0"`: what is compared, of which key, how, with what. */
export function parseCompare(line: string): rpc.Compare {
  const open = line.indexOf("(");
  if (open < 0) throw new Error(`malformed comparison: ${line}`);
  const target = line.slice(0, open);
  const rest = line.slice(open + 1);
  const malformed = (key = "", op = "", value = "") =>
    new Error(`malformed comparison: ${line}; got ${target}(${quote(key)}) ${op} ${quote(value)}`);
  const key = literalAt(rest.trimStart());
  if (key === undefined) throw malformed();
  const after = rest.trimStart().slice(key.length);
  const op = /^\)\s+(\S+)\s*/.exec(after);
  if (op === null) throw malformed(key.value);
  const value = literalAt(after.slice(op[0].length));
  if (value === undefined) throw malformed(key.value, op[1]);
  const result = relations[op[1]!];
  if (result === undefined) throw new Error(`malformed comparison: ${line} (unknown relation ${op[1]})`);

  const number = (base: 10 | 16): bigint => {
    try {
      return parseInteger(value.value, base);
    } catch {
      throw new Error(`invalid txn compare request: ${line}`);
    }
  };
  const common = { result, key: bytesOf(key.value) };
  switch (target) {
    case "ver":
    case "version":
      return compareOf(common, rpc.CompareTarget.VERSION, { case: "version", value: Number(number(10)) });
    case "c":
    case "create":
      return compareOf(common, rpc.CompareTarget.CREATE, { case: "createRevision", value: Number(number(10)) });
    case "m":
    case "mod":
      return compareOf(common, rpc.CompareTarget.MOD, { case: "modRevision", value: Number(number(10)) });
    case "val":
    case "value":
      return compareOf(common, rpc.CompareTarget.VALUE, { case: "value", value: bytesOf(value.value) });
    case "lease":
      return compareOf(common, rpc.CompareTarget.LEASE, { case: "lease", value: number(16) });
    default:
      throw new Error(`malformed comparison: ${line} (unknown target ${target})`);
  }
}

function compareOf(
  common: { readonly result: rpc.CompareResult; readonly key: Uint8Array },
  target: rpc.CompareTarget,
  targetUnion: rpc.Compare["targetUnion"],
): rpc.Compare {
  return rpc.createCompare({ ...common, target, targetUnion });
}

const operations: Readonly<Record<string, readonly FlagSpec[]>> = { put: putFlags, get: getFlags, del: delFlags };

/** One line of a transaction's requests: `put`, `get` or `del` with their flags. */
async function operation(io: Io, line: string): Promise<rpc.RequestOp> {
  const refuse = (why: string): never => fail(io, ExitCode.InvalidInput, why);
  const [name = "", ...rest] = words(io, line);
  if (rest.length < 1) refuse(`invalid txn compare request: ${line}`);
  const matches = Object.keys(operations).filter((known) => known.startsWith(name));
  const found = name in operations ? name : matches.length === 1 ? matches[0]! : undefined;
  if (found === undefined) refuse(`invalid txn request: ${line}`);
  const flags = new FlagSet();
  flags.add(operations[found!]!);
  try {
    flags.parse(rest);
  } catch (problem) {
    if (problem instanceof UsageProblem || problem instanceof HelpWanted) refuse(`invalid txn request: ${line}`);
    throw problem;
  }
  switch (found) {
    case "put": {
      // Standard input is the transaction itself; no value can come from there.
      const closed: Io = { ...io, readAll: async () => new Uint8Array(0) };
      return { request: { case: "requestPut", value: await putRequest(closed, flags, flags.args) } };
    }
    case "get":
      return { request: { case: "requestRange", value: rangeRequest(io, flags, flags.args) } };
    default:
      return { request: { case: "requestDeleteRange", value: await deleteRequest(io, flags, flags.args) } };
  }
}
