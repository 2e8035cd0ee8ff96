import { randomFillSync } from "node:crypto";
import type { RequestOptions } from "node:https";
import { dialOptions, messageOf, networkError } from "../../../base/index.ts";
import { rpc } from "../../../wire/proto/index.ts";
import { Exit, ExitCode, fail, type Io } from "../../command/io.ts";
import { bytesOf, quote } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { rangeOf } from "../keys.ts";
import { dial, type Session, settings, type Target, tlsMaterial } from "../session.ts";

type Load = "s" | "m" | "l" | "xl";

const names: Readonly<Record<string, Load>> = {
  s: "s",
  small: "s",
  m: "m",
  medium: "m",
  l: "l",
  large: "l",
  xl: "xl",
  xLarge: "xl",
};

/** Writes a second that must be reached, and connections that share them; one minute. */
const perfLoads: Readonly<Record<Load, { readonly perSecond: number; readonly clients: number }>> = {
  s: { perSecond: 150, clients: 50 },
  m: { perSecond: 1000, clients: 200 },
  l: { perSecond: 8000, clients: 500 },
  xl: { perSecond: 15_000, clients: 1000 },
};

const scaleLoads: Readonly<Record<Load, { readonly keys: number; readonly clients: number }>> = {
  s: { keys: 10_000, clients: 50 },
  m: { keys: 100_000, clients: 200 },
  l: { keys: 1_000_000, clients: 500 },
  xl: { keys: 3_000_000, clients: 1000 },
};

const perfSeconds = 60;

/** Puts at a fixed rate for a minute, then says whether throughput and latency are good enough. */
export async function perf(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const load = perfLoads[loadOf(call)];
  const { target } = await settings(call);
  const sessions = await dialMany(io, target, load.clients);
  const prefix = flags.string("prefix");
  await refuseUsed(io, sessions[0]!, prefix, (text) => `'${text}'`);
  const report = new Report();
  let stopped = false;
  const restore = io.onInterrupt(() => {
    stopped = true;
  });
  const start = performance.now();
  const value = new Uint8Array(1024);
  const work: Promise<void>[] = [];
  const idle = [...sessions];
  let waiting: (() => void) | undefined;
  let sent = 0;
  while (!stopped && performance.now() - start < perfSeconds * 1000) {
    const due = Math.floor(((performance.now() - start) / 1000) * load.perSecond) + 1;
    if (sent >= due) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const session = idle.pop();
    if (session === undefined) {
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
      continue;
    }
    sent++;
    work.push(
      report
        .measure(() => put(session, prefix, 256, value))
        .then(() => {
          idle.push(session);
          waiting?.();
          waiting = undefined;
        }),
    );
  }
  await Promise.all(work);
  const seconds = (performance.now() - start) / 1000;
  restore();
  await clean(io, sessions[0]!, prefix, flags.bool("auto-compact"));
  if (flags.bool("auto-defrag")) await defragAll(io, target);

  let good = report.tellErrors(io);
  const rate = report.count / seconds;
  if (rate / load.perSecond <= 0.9) {
    io.out(`FAIL: Throughput too low: ${Math.floor(rate) + 1} writes/s\n`);
    good = false;
  } else io.out(`PASS: Throughput is ${Math.floor(rate) + 1} writes/s\n`);
  const slowest = report.slowest.toFixed(6);
  if (report.slowest > 0.5) {
    io.out(`Slowest request took too long: ${slowest}s\n`);
    good = false;
  } else io.out(`PASS: Slowest request took ${slowest}s\n`);
  const deviation = report.deviation();
  if (deviation > 0.1) {
    io.out(`Stddev too high: ${deviation.toFixed(6)}s\n`);
    good = false;
  } else io.out(`PASS: Stddev is ${deviation.toFixed(6)}s\n`);
  io.out(good ? "PASS\n" : "FAIL\n");
  if (!good) throw new Exit(ExitCode.Error);
}

/** Puts many keys and says how much more memory the server has then. */
export async function dataScale(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const load = scaleLoads[loadOf(call)];
  const { target } = await settings(call);
  const sessions = await dialMany(io, target, load.clients);
  const prefix = flags.string("prefix");
  await refuseUsed(io, sessions[0]!, prefix, (text) => text);
  const before = await memoryOf(io, target);
  if (before === 0) {
    io.out("FAIL: Could not read process_resident_memory_bytes before the put operations.\n");
    throw new Exit(ExitCode.Error);
  }
  io.out(
    `Start data scale check for work load [${load.keys} key-value pairs, 1024 bytes per key-value, ${load.clients} concurrent clients].\n`,
  );
  const report = new Report();
  const value = new Uint8Array(512);
  let left = load.keys;
  await Promise.all(
    sessions.map(async (session) => {
      while (left-- > 0) await report.measure(() => put(session, prefix, 512, value));
    }),
  );
  const after = await memoryOf(io, target);
  if (after === 0) {
    io.out("FAIL: Could not read process_resident_memory_bytes after the put operations.\n");
    throw new Exit(ExitCode.Error);
  }
  let revision: number;
  try {
    revision = await deleteAll(sessions[0]!, prefix);
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  if (flags.bool("auto-compact")) await compact(io, sessions[0]!, revision);
  if (flags.bool("auto-defrag")) await defragAll(io, target);
  if (!report.tellErrors(io)) throw new Exit(ExitCode.Error);
  io.out(`PASS: Approximate system memory used : ${((after - before) / (1024 * 1024)).toFixed(2)} MB.\n`);
}

/** Times of the requests of a check. */
class Report {
  count = 0;
  slowest = 0;
  #sum = 0;
  #squares = 0;
  readonly #errors = new Map<string, number>();

  async measure(request: () => Promise<void>): Promise<void> {
    const start = performance.now();
    try {
      await request();
    } catch (error) {
      const text = messageOf(error);
      this.#errors.set(text, (this.#errors.get(text) ?? 0) + 1);
      return;
    }
    const seconds = (performance.now() - start) / 1000;
    this.count++;
    this.#sum += seconds;
    this.#squares += seconds * seconds;
    this.slowest = Math.max(this.slowest, seconds);
  }

  deviation(): number {
    if (this.count === 0) return 0;
    const mean = this.#sum / this.count;
    return Math.sqrt(Math.max(0, this.#squares / this.count - mean * mean));
  }

  /** Whether there were none. */
  tellErrors(io: Io): boolean {
    if (this.#errors.size === 0) return true;
    io.out("FAIL: too many errors\n");
    for (const [text, count] of this.#errors) io.out(`FAIL: ERROR(${text}) -> ${count}\n`);
    return false;
  }
}

function loadOf({ io, flags }: Invocation): Load {
  const load = names[flags.string("load")];
  if (load === undefined) fail(io, ExitCode.BadFeature, `unknown load option ${flags.string("load")}`);
  return load;
}

async function dialMany(io: Io, target: Target, count: number): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  for (let i = 0; i < count; i++) sessions.push(await dial(io, target));
  return sessions;
}

/** A check must not mix its keys with others. */
async function refuseUsed(io: Io, session: Session, prefix: string, form: (text: string) => string): Promise<void> {
  let answer: rpc.RangeResponse;
  try {
    const request = rpc.createRangeRequest({ ...rangeOf(prefix, undefined, true, false), limit: 1 });
    answer = await session.call("KV/Range", [rpc.RangeRequest, request], rpc.RangeResponse, { repeatable: true });
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  if (answer.kvs.length > 0) {
    const command = form(`etcdctl del --prefix ${prefix}`);
    fail(io, ExitCode.InvalidInput, `prefix ${quote(prefix)} has keys. Delete with ${command} first`);
  }
}

async function put(session: Session, prefix: string, keyBytes: number, value: Uint8Array): Promise<void> {
  const random = Buffer.alloc(keyBytes);
  randomFillSync(random, 0, 8);
  const key = Buffer.concat([bytesOf(prefix), random]);
  await session.call("KV/Put", [rpc.PutRequest, rpc.createPutRequest({ key, value })], rpc.PutResponse);
}

async function deleteAll(session: Session, prefix: string): Promise<number> {
  const request = rpc.createDeleteRangeRequest(rangeOf(prefix, undefined, true, false));
  const answer = await session.call("KV/DeleteRange", [rpc.DeleteRangeRequest, request], rpc.DeleteRangeResponse);
  return answer.header?.revision ?? 0;
}

async function clean(io: Io, session: Session, prefix: string, compactToo: boolean): Promise<void> {
  let revision: number;
  try {
    revision = await deleteAll(session, prefix);
  } catch (error) {
    io.out(`FAIL: Cleanup failed during key deletion: ERROR(${messageOf(error)})\n`);
    return;
  }
  if (compactToo) await compact(io, session, revision);
}

async function compact(io: Io, session: Session, revision: number): Promise<void> {
  io.out(`Compacting with revision ${revision}\n`);
  try {
    const request = { revision, physical: true };
    await session.call("KV/Compact", [rpc.CompactionRequest, request], rpc.CompactionResponse, { timeoutMs: 30_000 });
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  io.out(`Compacted with revision ${revision}\n`);
}

async function defragAll(io: Io, target: Target): Promise<void> {
  for (const endpoint of target.endpoints) {
    io.out(`Defragmenting ${quote(endpoint)}\n`);
    const session = await dial(io, { ...target, endpoints: [endpoint] });
    try {
      await session.call("Maintenance/Defragment", [rpc.DefragmentRequest, {}], rpc.DefragmentResponse, {
        timeoutMs: 30_000,
      });
    } catch (error) {
      fail(io, ExitCode.Error, error);
    } finally {
      session.close();
    }
    io.out(`Defragmented ${quote(endpoint)}\n`);
  }
}

/** Memory of the first endpoint's process, from its metrics; 0 when it cannot be told. */
async function memoryOf(io: Io, target: Target): Promise<number> {
  const endpoint = target.endpoints[0]!;
  const url = `${endpoint.includes("://") ? endpoint : `http://${endpoint}`}/metrics`;
  const name = "process_resident_memory_bytes";
  try {
    const text = await fetchText(io, url, target);
    const line = text.split("\n").find((one) => one.startsWith(name));
    if (line === undefined) {
      io.out(`could not find: ${name}\n`);
      return 0;
    }
    return Number(line.slice(name.length));
  } catch (error) {
    io.out(`fetch error: ${messageOf(error)}\n`);
    return 0;
  }
}

async function fetchText(io: Io, url: string, { tls }: Target): Promise<string> {
  const secure = url.startsWith("https:");
  const { get } = secure ? await import("node:https") : await import("node:http");
  const options: RequestOptions = {
    ...dialOptions,
    ...(secure ? { ...(tlsMaterial(io, tls) as RequestOptions), rejectUnauthorized: !tls.skipVerify } : {}),
  };
  return new Promise((resolve, reject) => {
    get(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", reject);
    }).on("error", (error) => reject(networkError(error)));
  });
}
