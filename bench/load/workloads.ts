import { randomFillSync } from "node:crypto";
import type { ClientStream, GrpcClient } from "../../src/wire/grpc/index.ts";
import { keyValue, kv, lock, rpc } from "../../src/wire/proto/index.ts";
import { path } from "./channels.ts";
import { durationMs, type FlagDefinition, FlagError, type Flags } from "./flags.ts";
import { Latencies } from "./latencies.ts";
import type { Progress } from "./progress.ts";
import { closedLoop, type Measured } from "./run.ts";

/** What a workload runs with. */
export interface LoadContext {
  readonly flags: Flags;
  readonly channels: readonly GrpcClient[];
  readonly clients: number;
  readonly progress: Progress;
}

export interface Workload {
  readonly help: string;
  /** Beyond those that every workload has; names and meanings are those of etcd's `benchmark`, unless the text says "here only". */
  readonly flags: Readonly<Record<string, FlagDefinition>>;
  run(context: LoadContext): Promise<Measured[]>;
}

const number = (help: string): FlagDefinition => ({ kind: "number", help });
const text = (help: string): FlagDefinition => ({ kind: "string", help });
const bool = (help: string): FlagDefinition => ({ kind: "boolean", help });

const keyFlags = {
  "key-size": number("key size (default 8)"),
  "key-space-size": number("maximum possible keys (default 1)"),
};
const loopFlags = {
  total: number("requests in all (default 10000)"),
  seconds: number("stop after so many seconds instead; here only"),
  rate: number("maximum requests per second (0 is no limit)"),
};

/** The n-th key as etcd's tool makes it: a zig-zag varint in front of zeroes. */
export function keyOf(n: number, size: number): Uint8Array {
  const key = new Uint8Array(size);
  let left = n * 2;
  let at = 0;
  while (left >= 0x80 && at < size - 1) {
    key[at++] = (left % 0x80) | 0x80;
    left = Math.floor(left / 0x80);
  }
  key[at] = left;
  return key;
}

function randomBytes(size: number): Uint8Array {
  return randomFillSync(new Uint8Array(size));
}

function below(n: number): number {
  return Math.floor(Math.random() * n);
}

/** How many requests, or how long. */
function extent(flags: Flags): { total: number; seconds: number; rate: number } {
  const seconds = flags.number("seconds", Number.POSITIVE_INFINITY);
  const total = flags.number("total", flags.has("seconds") ? Number.POSITIVE_INFINITY : 10_000);
  return { total, seconds, rate: flags.number("rate", 0) };
}

function keySpace(flags: Flags): { keySize: number; keys: number } {
  const keys = flags.number("key-space-size", 1);
  if (keys <= 0) throw new FlagError(`expected positive --key-space-size, got (${keys})`);
  return { keySize: flags.number("key-size", 8), keys };
}

function encodePut(key: Uint8Array, value: Uint8Array): Uint8Array {
  return rpc.encodePutRequest(rpc.createPutRequest({ key, value }));
}

function isSerializable(flags: Flags): boolean {
  const consistency = flags.text("consistency", "l");
  if (consistency !== "l" && consistency !== "s") throw new FlagError(`unknown --consistency ${consistency}`);
  return consistency === "s";
}

const put: Workload = {
  help: "puts",
  flags: {
    ...keyFlags,
    ...loopFlags,
    "val-size": number("value size (default 8)"),
    "sequential-keys": bool("use sequential keys"),
    "compact-interval": text("compact so often, e.g. 5s"),
    "compact-index-delta": number("keep so many revisions when compacting (default 1000)"),
    "check-hashkv": bool("ask for the hash afterwards, and say how long it took"),
  },
  async run({ flags, channels, clients, progress }) {
    const { keySize, keys } = keySpace(flags);
    const value = randomBytes(flags.number("val-size", 8));
    const inOrder = flags.on("sequential-keys");
    let revision = 0;
    const every = flags.has("compact-interval") ? durationMs(flags.text("compact-interval")) : 0;
    const delta = flags.number("compact-index-delta", 1000);
    const compactor =
      every > 0
        ? setInterval(() => {
            if (revision <= delta) return;
            const request = rpc.createCompactionRequest({ revision: revision - delta, physical: false });
            channels[0]!.unary(path.compact, rpc.encodeCompactionRequest(request)).catch(() => {});
          }, every)
        : undefined;
    const done = await closedLoop({
      what: "put",
      clients,
      ...extent(flags),
      progress,
      one(client, n) {
        const request = encodePut(keyOf(inOrder ? n % keys : below(keys), keySize), value);
        const answer = channels[client % channels.length]!.unary(path.put, request);
        if (compactor === undefined || n % 1024 !== 0) return answer;
        return answer.then((reply) => {
          revision = Math.max(revision, rpc.decodePutResponse(reply).header?.revision ?? 0);
        });
      },
    });
    clearInterval(compactor);
    if (!flags.on("check-hashkv")) return [done];
    const hash = await closedLoop({
      what: "hashkv",
      clients: 1,
      total: 1,
      seconds: Number.POSITIVE_INFINITY,
      rate: 0,
      progress,
      one: () => channels[0]!.unary(path.hashKv, rpc.encodeHashKVRequest(rpc.createHashKVRequest())),
    });
    return [done, hash];
  },
};

/** The end of the range of all keys that start with `key`. */
function prefixEnd(key: Uint8Array): Uint8Array {
  const end = key.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! === 0xff) continue;
    end[i]!++;
    return end.subarray(0, i + 1);
  }
  return new Uint8Array(1);
}

const range: Workload = {
  help: "key [end-range]: ranges; without a key, one random key out of --key-space-size as `put` writes them (here only)",
  flags: {
    ...keyFlags,
    ...loopFlags,
    consistency: text("linearizable (l) or serializable (s)"),
    limit: number("maximum number of results of a range (0 is no limit)"),
    "count-only": bool("only returns the count of keys"),
    "keys-only": bool("only returns the keys"),
    prefix: bool("all keys with the given key as prefix"),
    paginate: bool("whole range in pages of --limit (default 10000) keys, all at the revision of the first"),
    stream: bool("RangeStream instead of Range"),
  },
  async run({ flags, channels, clients, progress }) {
    const serializable = isSerializable(flags);
    const [first, last] = flags.operands;
    const { keySize, keys } = keySpace(flags);
    const paged = flags.on("paginate");
    const base = {
      serializable,
      limit: flags.number("limit", paged ? 10_000 : 0),
      countOnly: flags.on("count-only"),
      keysOnly: flags.on("keys-only"),
    };
    const given = first === undefined ? undefined : Buffer.from(first, "utf8");
    const end =
      given === undefined
        ? undefined
        : flags.on("prefix")
          ? prefixEnd(given)
          : last === undefined
            ? undefined
            : // An empty word on the command line stands for the zero byte: everything from the key on.
              last === ""
              ? new Uint8Array(1)
              : Buffer.from(last, "utf8");
    // One request, filled in anew for each call: what the generator spends the server cannot have.
    const request = rpc.createRangeRequest(end === undefined ? base : { ...base, rangeEnd: end });
    const requestFor = (key: Uint8Array, revision = 0): Uint8Array => {
      request.key = key;
      request.revision = revision;
      return rpc.encodeRangeRequest(request);
    };
    const fixed = given === undefined ? undefined : requestFor(given.length === 0 ? new Uint8Array(1) : given);
    const inPages = async (channel: GrpcClient): Promise<void> => {
      let key: Uint8Array = given ?? keyOf(0, keySize);
      if (key.length === 0) key = new Uint8Array(1);
      let revision = 0;
      for (;;) {
        const reply = rpc.decodeRangeResponse(await channel.unary(path.range, requestFor(key, revision)));
        if (!reply.more) return;
        revision = reply.header?.revision ?? 0;
        key = Buffer.concat([kv.decodeKeyValue(reply.kvs[reply.kvs.length - 1]!).key, new Uint8Array(1)]);
      }
    };
    const streamed = (channel: GrpcClient, request: Uint8Array): Promise<void> =>
      new Promise((resolve, reject) => {
        const stream = channel.stream(path.rangeStream, {
          onMessage() {},
          onEnd: (outcome) => (outcome.code === 0 ? resolve() : reject(new Error(outcome.message))),
        });
        stream.send(request);
        stream.closeSend();
      });
    const measured = await closedLoop({
      what: paged ? "paged range" : "range",
      clients,
      ...extent(flags),
      progress,
      one(client) {
        const channel = channels[client % channels.length]!;
        if (paged) return inPages(channel);
        const message = fixed ?? requestFor(keyOf(below(keys), keySize));
        return flags.on("stream") ? streamed(channel, message) : channel.unary(path.range, message);
      },
    });
    return [measured];
  },
};

function putOp(key: Uint8Array, value: Uint8Array): rpc.RequestOp {
  return { request: { case: "requestPut", value: rpc.createPutRequest({ key, value }) } };
}

function rangeOp(request: Partial<rpc.RangeRequest>): rpc.RequestOp {
  return { request: { case: "requestRange", value: rpc.createRangeRequest(request) } };
}

const txnPut: Workload = {
  help: "transactions of puts",
  flags: {
    ...keyFlags,
    ...loopFlags,
    "val-size": number("value size (default 8)"),
    "txn-ops": number("puts per transaction (default 1)"),
  },
  async run({ flags, channels, clients, progress }) {
    const { keySize, keys } = keySpace(flags);
    const ops = flags.number("txn-ops", 1);
    if (ops > keys) throw new FlagError(`expected --txn-ops no larger than --key-space-size, got txn-ops(${ops})`);
    const value = randomBytes(flags.number("val-size", 8));
    return [
      await closedLoop({
        what: "txn-put",
        clients,
        ...extent(flags),
        progress,
        one(client, n) {
          const success = Array.from({ length: ops }, (_, i) => putOp(keyOf((n * ops + i) % keys, keySize), value));
          const request = rpc.encodeTxnRequest(rpc.createTxnRequest({ success }));
          return channels[client % channels.length]!.unary(path.txn, request);
        },
      }),
    ];
  },
};

const txnMixed: Workload = {
  help: "transactions, each a put or a range over all keys",
  flags: {
    ...keyFlags,
    ...loopFlags,
    "val-size": number("value size (default 8)"),
    consistency: text("linearizable (l) or serializable (s)"),
    "end-key": text("end of the range (default: all keys)"),
    limit: number("result limit of the ranges (default 1000)"),
    "rw-ratio": number("reads for each write (default 1)"),
  },
  async run({ flags, channels, clients, progress }) {
    const { keySize, keys } = keySpace(flags);
    const serializable = isSerializable(flags);
    const value = randomBytes(flags.number("val-size", 8));
    const ratio = flags.number("rw-ratio", 1);
    const endKey = flags.text("end-key");
    const read = rpc.encodeTxnRequest(
      rpc.createTxnRequest({
        success: [
          rangeOp({
            key: new Uint8Array(1),
            rangeEnd: endKey === "" ? new Uint8Array(1) : Buffer.from(endKey),
            limit: flags.number("limit", 1000),
            serializable,
          }),
        ],
      }),
    );
    const kinds = { read: new Latencies(), write: new Latencies() };
    const both = await closedLoop({
      what: "txn-mixed",
      clients,
      ...extent(flags),
      progress,
      async one(client, n) {
        const reads = Math.random() < ratio / (1 + ratio);
        const request = reads
          ? read
          : rpc.encodeTxnRequest(rpc.createTxnRequest({ success: [putOp(keyOf(n % keys, keySize), value)] }));
        const before = performance.now();
        await channels[client % channels.length]!.unary(path.txn, request);
        kinds[reads ? "read" : "write"].add(performance.now() - before);
      },
    });
    const part = (what: "read" | "write"): Measured => {
      const latencyMs = kinds[what].summary();
      return { ...both, what: `txn-mixed ${what}`, latencyMs, rate: latencyMs.count / both.seconds };
    };
    return [both, part("read"), part("write")];
  },
};

/** Grants a lease for a session. */
async function session(channel: GrpcClient): Promise<bigint> {
  const request = rpc.encodeLeaseGrantRequest(rpc.createLeaseGrantRequest({ TTL: 60 }));
  return rpc.decodeLeaseGrantResponse(await channel.unary(path.leaseGrant, request)).ID;
}

const guarded: Workload = {
  help: "updates as Kubernetes does them: compare the mod revision, put, else get, and try again; here only",
  flags: { ...keyFlags, ...loopFlags, "val-size": number("value size (default 8)") },
  async run({ flags, channels, clients, progress }) {
    const { keySize, keys } = keySpace(flags);
    const value = randomBytes(flags.number("val-size", 8));
    const revisions = new Float64Array(keys);
    const measured = await closedLoop({
      what: "guarded",
      clients,
      ...extent(flags),
      progress,
      async one(client) {
        const n = below(keys);
        const key = keyOf(n, keySize);
        const request = rpc.encodeTxnRequest(
          rpc.createTxnRequest({
            compare: [
              rpc.createCompare({
                key,
                target: rpc.CompareTarget.MOD,
                result: rpc.CompareResult.EQUAL,
                targetUnion: { case: "modRevision", value: revisions[n]! },
              }),
            ],
            success: [putOp(key, value)],
            failure: [rangeOp({ key })],
          }),
        );
        const reply = rpc.decodeTxnResponse(await channels[client % channels.length]!.unary(path.txn, request));
        if (reply.succeeded) {
          revisions[n] = reply.header?.revision ?? 0;
          return;
        }
        const found = reply.responses[0]?.response;
        const row = found?.case === "responseRange" ? found.value.kvs[0] : undefined;
        revisions[n] = row === undefined ? 0 : keyValue.modRevisionOf(row);
      },
    });
    return [measured];
  },
};

const stm: Workload = {
  help: "software transactional memory: reads, then one transaction that commits if nothing read has changed",
  flags: {
    ...loopFlags,
    isolation: text("read committed (c), repeatable reads (r, default), serializable (s), snapshot (ss)"),
    keys: number("unique keys accessible (default 1)"),
    "keys-per-txn": number("keys of a transaction (default 1)"),
    "txn-wr-percent": number("percentage of keys written per transaction (default 50)"),
    "stm-locker": text("stm (default), or lock-rpc: each transaction under one lock"),
    "val-size": number("value size (default 8)"),
  },
  async run({ flags, channels, clients, progress }) {
    const keys = flags.number("keys", 1);
    const perTxn = flags.number("keys-per-txn", 1);
    const isolation = flags.text("isolation", "r");
    if (!["c", "r", "s", "ss"].includes(isolation)) throw new FlagError(`unknown --isolation ${isolation}`);
    if (perTxn < 0 || perTxn > keys)
      throw new FlagError(`expected --keys-per-txn between 0 and ${keys}, got (${perTxn})`);
    const writes = Math.floor((perTxn * flags.number("txn-wr-percent", 50)) / 100);
    const size = flags.number("val-size", 8);
    const locker = flags.text("stm-locker", "stm");
    if (locker !== "stm" && locker !== "lock-rpc") throw new FlagError(`unexpected stm locker ${locker}`);
    const leases =
      locker === "lock-rpc"
        ? await Promise.all(Array.from({ length: clients }, (_, i) => session(channels[i % channels.length]!)))
        : [];
    const transaction = async (channel: GrpcClient): Promise<void> => {
      const chosen = new Set<number>();
      while (chosen.size < perTxn) chosen.add(below(keys));
      const names = [...chosen].map((n) => keyOf(n, 16));
      const written = names.slice(0, writes);
      for (;;) {
        const compare: rpc.Compare[] = [];
        let snapshot = 0;
        for (const key of names) {
          const revision = isolation === "s" || isolation === "ss" ? snapshot : 0;
          const reply = await channel.unary(
            path.range,
            rpc.encodeRangeRequest(rpc.createRangeRequest({ key, revision })),
          );
          const { header, kvs } = rpc.decodeRangeResponse(reply);
          if (snapshot === 0) snapshot = header?.revision ?? 0;
          const modRevision = kvs[0] === undefined ? 0 : keyValue.modRevisionOf(kvs[0]);
          compare.push(
            rpc.createCompare({
              key,
              target: rpc.CompareTarget.MOD,
              result: rpc.CompareResult.EQUAL,
              targetUnion: { case: "modRevision", value: modRevision },
            }),
          );
        }
        if (isolation === "ss") {
          for (const key of written) {
            compare.push(
              rpc.createCompare({
                key,
                target: rpc.CompareTarget.MOD,
                result: rpc.CompareResult.LESS,
                targetUnion: { case: "modRevision", value: snapshot + 1 },
              }),
            );
          }
        }
        const request = rpc.createTxnRequest({
          compare: isolation === "c" ? [] : compare,
          success: written.map((key) => putOp(key, randomBytes(size))),
          failure: names.map((key) => rangeOp({ key })),
        });
        const reply = rpc.decodeTxnResponse(await channel.unary(path.txn, rpc.encodeTxnRequest(request)));
        if (reply.succeeded) return;
      }
    };
    const name = Buffer.from("stmlock");
    return [
      await closedLoop({
        what: "stm",
        clients,
        ...extent(flags),
        progress,
        async one(client) {
          const channel = channels[client % channels.length]!;
          const lease = leases[client];
          if (lease === undefined) return transaction(channel);
          const request = lock.createLockRequest({ name, lease });
          const { key } = lock.decodeLockResponse(await channel.unary(path.lock, lock.encodeLockRequest(request)));
          try {
            await transaction(channel);
          } finally {
            await channel.unary(path.unlock, lock.encodeUnlockRequest(lock.createUnlockRequest({ key })));
          }
        },
      }),
    ];
  },
};

/** What a WatchResponse says, without unpacking its events: the generator must not be slower than the server. */
export function scanWatchResponse(message: Uint8Array): { created: boolean; events: number } {
  let at = 0;
  let events = 0;
  let created = false;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = message[at++]!;
    if ((tag & 7) === 2) {
      const length = varint();
      at += length;
      if (tag === 0x5a) events++;
    } else {
      const value = varint();
      if (tag === 0x18) created = value === 1;
    }
  }
  return { created, events };
}

/** A watch stream that tells how many events came, for which of its watchers. */
export class WatchStream {
  readonly #stream: ClientStream;
  readonly #created: (() => void)[] = [];
  /** Called with the number of events of each message, and the message. */
  onEvents: (events: number, message: Uint8Array) => void = () => {};
  fault: string | undefined;

  constructor(channel: GrpcClient) {
    this.#stream = channel.stream(path.watch, {
      onMessage: (message) => {
        const { created, events } = scanWatchResponse(message);
        if (created) this.#created.shift()?.();
        else if (events > 0) this.onEvents(events, message);
      },
      onEnd: (outcome) => {
        this.fault = outcome.message;
        for (const created of this.#created) created();
      },
    });
  }

  create(request: Partial<rpc.WatchCreateRequest>): Promise<void> {
    const value = rpc.createWatchCreateRequest(request);
    this.#stream.send(rpc.encodeWatchRequest({ requestUnion: { case: "createRequest", value } }));
    return new Promise((resolve) => this.#created.push(resolve));
  }

  close(): void {
    this.#stream.cancel();
  }
}

function measured(what: string, latencies: Latencies, startMs: number): Measured {
  const seconds = (performance.now() - startMs) / 1000;
  return { what, rate: latencies.count / seconds, seconds, errors: 0, latencyMs: latencies.summary() };
}

/** Waits until `done` or until nothing has moved for 10 s. */
async function settled(done: () => boolean, moved: () => number): Promise<void> {
  let last = -1;
  let stillMs = 0;
  while (!done() && stillMs < 10_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    stillMs = moved() === last ? stillMs + 5 : 0;
    last = moved();
  }
}

const watch: Workload = {
  help: "watchers, then puts to what they watch: how fast watchers are made, and events arrive",
  flags: {
    streams: number("watch streams (default 10)"),
    "watch-per-stream": number("watchers per stream (default 100)"),
    "watched-key-total": number("keys to be watched (default 1)"),
    "put-rate": number("puts per second (0 is no limit)"),
    "put-total": number("puts (default 1000)"),
    "put-clients": number("puts under way at once (default: one per client, as in etcd's tool); here only"),
    "key-size": number("key size (default 32)"),
    "key-space-size": number("maximum possible keys (default 1)"),
    "sequential-keys": bool("use sequential keys"),
  },
  async run({ flags, channels, clients, progress }) {
    const streams = Array.from(
      { length: flags.number("streams", 10) },
      (_, i) => new WatchStream(channels[i % channels.length]!),
    );
    const space = flags.number("key-space-size", 1);
    const size = flags.number("key-size", 32);
    const inOrder = flags.on("sequential-keys");
    const watched = Array.from({ length: flags.number("watched-key-total", 1) }, (_, i) =>
      keyOf(inOrder ? i % space : below(space), size),
    );
    const watchersOf = new Array<number>(watched.length).fill(0);
    const each = flags.number("watch-per-stream", 100);
    const total = streams.length * each;
    const made = await closedLoop({
      what: "watch-make",
      clients: streams.length,
      total,
      seconds: Number.POSITIVE_INFINITY,
      rate: 0,
      progress,
      one(client, n) {
        watchersOf[n % watched.length]!++;
        return streams[client]!.create({ key: watched[n % watched.length]! });
      },
    });
    const putTotal = flags.number("put-total", 1000);
    let expected = 0;
    for (let i = 0; i < putTotal; i++) {
      const key = Buffer.from(watched[i % watched.length]!);
      for (let w = 0; w < watched.length; w++) if (key.equals(watched[w]!)) expected += watchersOf[w]!;
    }
    let received = 0;
    for (const stream of streams) {
      stream.onEvents = (events) => {
        received += events;
      };
    }
    const startMs = performance.now();
    const puts = await closedLoop({
      what: "watch-put",
      clients: flags.number("put-clients", clients),
      total: putTotal,
      seconds: Number.POSITIVE_INFINITY,
      rate: flags.number("put-rate", 0),
      progress,
      one: (client, n) =>
        channels[client % channels.length]!.unary(
          path.put,
          encodePut(watched[n % watched.length]!, Buffer.from("data")),
        ),
    });
    await settled(
      () => received >= expected,
      () => received,
    );
    const seconds = (performance.now() - startMs) / 1000;
    for (const stream of streams) stream.close();
    const events: Measured = {
      what: "watch-events",
      rate: received / seconds,
      seconds,
      errors: expected - received,
      error: received < expected ? `${expected - received} of ${expected} events did not come` : undefined,
      latencyMs: new Latencies().summary(),
    };
    return [made, puts, events];
  },
};

const watchLatency: Workload = {
  help: "how long after the answer to a put its events reach the watchers",
  flags: {
    streams: number("watch streams (default 10)"),
    "watchers-per-stream": number("watchers per stream (default 10)"),
    "put-total": number("puts (default 1000)"),
    "put-rate": number("puts per second (default 100)"),
    "key-size": number("key size (default 32)"),
    "val-size": number("value size (default 32)"),
    prevkv: bool("ask for the previous value too"),
  },
  async run({ flags, channels, progress }) {
    const key = randomBytes(flags.number("key-size", 32));
    const value = randomBytes(flags.number("val-size", 32));
    const total = flags.number("put-total", 1000);
    const streams = Array.from(
      { length: flags.number("streams", 10) },
      (_, i) => new WatchStream(channels[i % channels.length]!),
    );
    const each = flags.number("watchers-per-stream", 10);
    await Promise.all(
      streams.flatMap((stream) =>
        Array.from({ length: each }, () => stream.create({ key, prevKv: flags.on("prevkv") })),
      ),
    );
    const fromAnswer = new Latencies();
    const fromSend = new Latencies();
    const sentMs: number[] = [];
    const answeredMs: number[] = [];
    /** How many events came before the answer to their put, by put. */
    const early: number[] = [];
    // Each put writes one revision of the same key: its version tells which put it was.
    const expected = total * streams.length * each;
    let received = 0;
    for (const stream of streams) {
      stream.onEvents = (_, message) => {
        const now = performance.now();
        for (const event of rpc.decodeWatchResponse(message).events) {
          received++;
          const row = kv.decodeEvent(event).kv;
          const n = row === undefined ? 0 : keyValue.versionOf(row) - 1;
          fromSend.add(now - sentMs[n]!);
          const answered = answeredMs[n];
          if (answered === undefined) early[n] = (early[n] ?? 0) + 1;
          else fromAnswer.add(Math.max(0, now - answered));
        }
      };
    }
    const startMs = performance.now();
    const puts = await closedLoop({
      what: "watch-latency put",
      clients: 1,
      total,
      seconds: Number.POSITIVE_INFINITY,
      rate: flags.number("put-rate", 100),
      progress,
      async one(client, n) {
        sentMs[n] = performance.now();
        await channels[client % channels.length]!.unary(path.put, encodePut(key, value));
        answeredMs[n] = performance.now();
        // What came before the answer came at once, in the words of etcd's tool.
        for (let i = early[n] ?? 0; i > 0; i--) fromAnswer.add(0);
      },
    });
    await settled(
      () => received >= expected,
      () => received,
    );
    for (const stream of streams) stream.close();
    return [
      puts,
      measured("watch-latency events after the answer", fromAnswer, startMs),
      measured("watch-latency events after the put was sent", fromSend, startMs),
    ];
  },
};

const watchGet: Workload = {
  help: "serializable gets while watchers catch up with the past",
  flags: {
    streams: number("watcher streams (default 1)"),
    watchers: number("watchers (default 10000)"),
    events: number("events per watcher (default 8)"),
  },
  async run({ flags, channels, progress }) {
    const key = Buffer.from("watchkey");
    const count = flags.number("events", 8);
    const watchers = flags.number("watchers", 10_000);
    let startRevision = 0;
    for (let i = 0; i < count; i++) {
      const reply = await channels[0]!.unary(path.put, encodePut(key, Buffer.from(String(i))));
      if (i === 0) startRevision = rpc.decodePutResponse(reply).header?.revision ?? 0;
    }
    const streams = Array.from(
      { length: flags.number("streams", 1) },
      (_, i) => new WatchStream(channels[i % channels.length]!),
    );
    let received = 0;
    for (const stream of streams) {
      stream.onEvents = (events) => {
        received += events;
      };
    }
    const startMs = performance.now();
    for (let i = 0; i < watchers; i++) void streams[i % streams.length]!.create({ key, startRevision });
    let over = false;
    const get = rpc.encodeRangeRequest(rpc.createRangeRequest({ key: Buffer.from("abc"), serializable: true }));
    const gets = closedLoop({
      what: "watch-get",
      clients: 1,
      total: Number.POSITIVE_INFINITY,
      seconds: Number.POSITIVE_INFINITY,
      rate: 0,
      progress,
      over: () => over,
      one: () => channels[channels.length - 1]!.unary(path.range, get),
    });
    await settled(
      () => received >= watchers * count,
      () => received,
    );
    const seconds = (performance.now() - startMs) / 1000;
    over = true;
    const done = await gets;
    for (const stream of streams) stream.close();
    return [
      done,
      {
        what: "watch-get events",
        rate: received / seconds,
        seconds,
        errors: watchers * count - received,
        latencyMs: new Latencies().summary(),
      },
    ];
  },
};

/** The TTL of a LeaseKeepAliveResponse; header and id are passed over. */
function scanKeepAliveTtl(message: Uint8Array): number {
  let at = 0;
  while (at < message.length) {
    const tag = message[at++]!;
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (tag === 0x18) return value;
    if ((tag & 7) === 2) at += value;
  }
  return 0;
}

const leaseKeepAlive: Workload = {
  help: "keepalives of one lease per client, each on a stream of its own as KeepAliveOnce does",
  flags: { ...loopFlags, "keep-stream": bool("all keepalives of a client on one stream; here only") },
  async run({ flags, channels, clients, progress }) {
    const leases = await Promise.all(
      Array.from({ length: clients }, (_, i) => session(channels[i % channels.length]!)),
    );
    const requests = leases.map((ID) => rpc.encodeLeaseKeepAliveRequest(rpc.createLeaseKeepAliveRequest({ ID })));
    const check = (message: Uint8Array): void => {
      if (scanKeepAliveTtl(message) <= 0) throw new Error("the lease is gone");
    };
    const once = (client: number): Promise<void> =>
      new Promise((resolve, reject) => {
        let kept = false;
        const stream = channels[client % channels.length]!.stream(path.leaseKeepAlive, {
          onMessage(message) {
            check(message);
            kept = true;
            resolve();
            stream.cancel();
          },
          // An error costs as much as ten calls: only when there is one.
          onEnd: (outcome) => kept || reject(new Error(outcome.message)),
        });
        stream.send(requests[client]!);
      });
    const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const kept = flags.on("keep-stream")
      ? Array.from({ length: clients }, (_, client) =>
          channels[client % channels.length]!.stream(path.leaseKeepAlive, {
            onMessage(message) {
              check(message);
              waiting[client]?.resolve();
            },
            onEnd: (outcome) => waiting[client]?.reject(new Error(outcome.message)),
          }),
        )
      : [];
    const onKept = (client: number): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting[client] = { resolve, reject };
        kept[client]!.send(requests[client]!);
      });
    const done = await closedLoop({
      what: "lease-keepalive",
      clients,
      ...extent(flags),
      progress,
      one: flags.on("keep-stream") ? onKept : once,
    });
    for (const stream of kept) stream.cancel();
    return [done];
  },
};

export const workloads: Readonly<Record<string, Workload>> = {
  put,
  range,
  "txn-put": txnPut,
  "txn-mixed": txnMixed,
  guarded,
  stm,
  watch,
  "watch-latency": watchLatency,
  "watch-get": watchGet,
  "lease-keepalive": leaseKeepAlive,
};
