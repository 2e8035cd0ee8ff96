import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { type CpuProfile, encodeCpu, encodeHeap, type HeapNode } from "./convert.ts";
import { ProfileEncoder } from "./encode.ts";
import { ProfilePages, type Profiler, v8Profiler } from "./index.ts";

/** Fields of a protobuf message in order: numbers as bigint, the rest as bytes. */
function fieldsOf(bytes: Uint8Array): [field: number, value: bigint | Uint8Array][] {
  const fields: [number, bigint | Uint8Array][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    if ((key & 7) === 0) fields.push([key >>> 3, varint()]);
    else {
      const length = Number(varint());
      fields.push([key >>> 3, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

interface Read {
  kinds: string[];
  /** `frame<frame values`, innermost first; a frame is `name file:start:line`. */
  samples: string[];
  period: string;
  timeNanos: bigint;
  durationNanos: bigint;
}

/** Reads a profile as pprof does: everything by its id. */
function read(bytes: Uint8Array): Read {
  const all = fieldsOf(bytes);
  const parts = (field: number) => all.filter(([f]) => f === field).map(([, v]) => fieldsOf(v as Uint8Array));
  const number = (fields: [number, bigint | Uint8Array][], field: number): number =>
    Number((fields.find(([f]) => f === field)?.[1] as bigint | undefined) ?? 0n);
  const strings = all.filter(([f]) => f === 6).map(([, v]) => Buffer.from(v as Uint8Array).toString());
  expect(strings[0]).toBe("");
  expect(new Set(strings).size).toBe(strings.length);
  const kind = (fields: [number, bigint | Uint8Array][]) =>
    `${strings[number(fields, 1)]}/${strings[number(fields, 2)]}`;
  const functions = new Map(parts(5).map((fields) => [number(fields, 1), fields]));
  const locations = new Map(parts(4).map((fields) => [number(fields, 1), fields]));
  expect([functions.has(0), locations.has(0)]).toEqual([false, false]);
  const frame = (id: number): string => {
    const line = fieldsOf(locations.get(id)!.find(([f]) => f === 4)![1] as Uint8Array);
    const fields = functions.get(number(line, 1))!;
    expect(number(fields, 3)).toBe(number(fields, 2));
    return `${strings[number(fields, 2)]} ${strings[number(fields, 4)]}:${number(fields, 5)}:${number(line, 2)}`;
  };
  const packed = (value: bigint | Uint8Array): number[] => {
    // A packed list is the fields of a message without their keys; give each one back.
    const numbers: number[] = [];
    let current = 0n;
    let shift = 0n;
    for (const byte of value as Uint8Array) {
      current |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte < 128) {
        numbers.push(Number(current));
        current = 0n;
        shift = 0n;
      }
    }
    return numbers;
  };
  const single = (field: number): bigint => (all.find(([f]) => f === field)?.[1] as bigint | undefined) ?? 0n;
  return {
    kinds: parts(1).map(kind),
    samples: parts(2).map((fields) => {
      const of = (field: number) => packed(fields.find(([f]) => f === field)![1]);
      return `${of(1).map(frame).join(" < ")} = ${of(2).join(" ")}`;
    }),
    period: `${single(12)} ${kind(parts(11)[0]!)}`,
    timeNanos: single(9),
    durationNanos: single(10),
  };
}

const place = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });

describe("the encoder", () => {
  it("tells everything once, by numbers", () => {
    const cpu = { type: "cpu", unit: "nanoseconds" };
    const encoder = new ProfileEncoder([{ type: "samples", unit: "count" }, cpu], cpu, 1e6);
    const main = { name: "main", file: "/a.js", startLine: 1, line: 5 };
    const work = { name: "work", file: "/a.js", startLine: 10, line: 300 };
    encoder.sample([work, main], [1, 2 ** 40 + 1]);
    encoder.sample([{ ...work, line: 12 }, main], [0, 127.6]);
    encoder.sample([main], [3, 128]);
    const bytes = encoder.finish(1_700_000_000_123, 1500.5);
    expect(read(bytes)).toEqual({
      kinds: ["samples/count", "cpu/nanoseconds"],
      samples: [
        `work /a.js:10:300 < main /a.js:1:5 = 1 ${2 ** 40 + 1}`,
        "work /a.js:10:12 < main /a.js:1:5 = 0 128",
        "main /a.js:1:5 = 3 128",
      ],
      period: "1000000 cpu/nanoseconds",
      // A double has 53 bits, and this many nanoseconds need 61.
      timeNanos: expect.anything(),
      durationNanos: 1_500_500_000n,
    });
    expect(Number(read(bytes).timeNanos / 1000n)).toBeCloseTo(1_700_000_000_123_000, -1);
  });

  it("grows with what it is given", () => {
    const space = { type: "space", unit: "bytes" };
    const encoder = new ProfileEncoder([space], space, 1);
    for (let i = 0; i < 2000; i++) encoder.sample([{ name: `f${i} ü`, file: "", startLine: 0, line: 0 }], [i]);
    const { samples } = read(encoder.finish(0, 0));
    expect(samples).toHaveLength(2000);
    expect(samples[1999]).toBe("f1999 ü :0:0 = 1999");
  });
});

describe("V8's profile of the CPU", () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: place("(root)", "", -1), children: [2, 3, 4] },
      { id: 2, callFrame: place("(idle)", "", -1) },
      { id: 3, callFrame: place("(garbage collector)", "", -1) },
      { id: 4, callFrame: place("", "file:///x/dist/wire/a.js", 9), children: [5] },
      {
        id: 5,
        callFrame: place("read", "node:net", 99),
        positionTicks: [
          { line: 101, ticks: 1 },
          { line: 120, ticks: 3 },
        ],
      },
    ],
    startTime: 1000,
    endTime: 12_000,
    samples: [5, 5, 2, 3, 5, 5],
    timeDeltas: [500, 1000, 1000, 5000, 1500, 1000],
  };

  it("is told by stack and line, without the time in which nothing was to do", () => {
    const { kinds, samples, period, durationNanos } = read(encodeCpu(profile, 0, 1000));
    expect(kinds).toEqual(["samples/count", "cpu/nanoseconds"]);
    expect(period).toBe("1000000 cpu/nanoseconds");
    expect(durationNanos).toBe(11_000_000n);
    // Each sample lasts until the next, the last one until the end.
    const micros = 1000 + 1000 + 1000 + 1000;
    expect(samples).toEqual([
      "(garbage collector) :0:0 = 1 1500000",
      `node:net.read node:net:100:101 < wire/a.(anonymous) /x/dist/wire/a.js:10:10 = 1 ${(micros * 1000) / 4}`,
      `node:net.read node:net:100:120 < wire/a.(anonymous) /x/dist/wire/a.js:10:10 = 3 ${(micros * 3000) / 4}`,
    ]);
  });

  it("may hold nothing at all", () => {
    const nothing = { nodes: [profile.nodes[1]!], startTime: 5, endTime: 5 };
    expect(read(encodeCpu(nothing, 0, 1000)).samples).toEqual([]);
  });
});

describe("V8's profile of the heap", () => {
  it("is told by stack, what is in use", () => {
    const leaf: HeapNode = { callFrame: place("alloc", "file:///x/src/b.ts", 3), selfSize: 4096, children: [] };
    const head: HeapNode = {
      callFrame: place("(root)", "", -1),
      selfSize: 0,
      children: [
        { callFrame: place("main", "file:///tool.mjs", 0), selfSize: 0, children: [leaf] },
        { callFrame: place("(V8 API)", "", -1), selfSize: 7, children: [] },
      ],
    };
    const { kinds, samples, period } = read(encodeHeap({ head }, 0, 524_288));
    expect(kinds).toEqual(["inuse_space/bytes"]);
    expect(period).toBe("524288 space/bytes");
    expect(samples.sort()).toEqual(["(V8 API) :0:0 = 7", "b.alloc /x/src/b.ts:4:4 < tool.main /tool.mjs:1:1 = 4096"]);
  });
});

describe("the pages", () => {
  const closers: (() => unknown)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function stand(profiler: Profiler) {
    const time = new ManualTime();
    const env: Env = {
      clock: time,
      scheduler: time,
      random: new SeededRandom(1),
      logger: silentLogger,
      metrics: nullMetrics,
    };
    const pages = new ProfilePages(profiler, env);
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      const { pathname, searchParams } = new URL(request.url!, "http://x");
      pages.serve(pathname, searchParams, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(
      () => server.close(),
      () => server.closeAllConnections(),
      () => profiler.close(),
    );
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debug/pprof/`;
    const get = async (page: string, init?: RequestInit) => {
      const response = await fetch(base + page, init);
      const body = Buffer.from(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, body, text: body.toString() };
    };
    return { time, get };
  }

  /** A profiler that counts; its profiles are empty. */
  function counting() {
    const log: string[] = [];
    const nothing: CpuProfile = { nodes: [], startTime: 0, endTime: 0 };
    const profiler: Profiler = {
      startCpu: async () => {
        log.push("start");
        return async () => {
          log.push("stop");
          return nothing;
        };
      },
      heap: async (collect) => {
        log.push(`heap ${collect}`);
        return { head: { callFrame: place("(root)", "", -1), selfSize: 0, children: [] } };
      },
      close: () => {},
    };
    return { log, profiler };
  }

  async function until(condition: () => boolean): Promise<void> {
    for (const end = performance.now() + 20_000; !condition(); ) {
      if (performance.now() > end) throw new Error("it never came true");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it("take as long as they are asked to, one at a time", async () => {
    const { log, profiler } = counting();
    const { time, get } = await stand(profiler);
    for (const [query, seconds] of [
      ["?seconds=7", 7],
      ["", 30],
      ["?seconds=0", 30],
      ["?seconds=x", 30],
    ] as const) {
      const asked = get(`profile${query}`);
      await until(() => time.pending === 1);
      expect(await get("profile?seconds=1")).toMatchObject({
        status: 500,
        text: "Could not enable CPU profiling: cpu profiling already in use\n",
      });
      time.advance(seconds * 1000 - 1);
      expect(log.splice(0)).toEqual(["start"]);
      time.advance(1);
      const { status, headers, body } = await asked;
      expect(status).toBe(200);
      expect(headers.get("content-disposition")).toBe('attachment; filename="profile"');
      expect(read(gunzipSync(body)).samples).toEqual([]);
      expect(log.splice(0)).toEqual(["stop"]);
    }
    expect(await get("profile?seconds=3601")).toMatchObject({ status: 400, text: "at most 3600 seconds\n" });
  });

  it("end with the client that asked", async () => {
    const { log, profiler } = counting();
    const { time, get } = await stand(profiler);
    const leave = new AbortController();
    const asked = get("profile", { signal: leave.signal }).catch(() => "left");
    await until(() => time.pending === 1);
    leave.abort();
    expect(await asked).toBe("left");
    await until(() => log.includes("stop"));
    expect(time.pending).toBe(0);
  });

  it("let a profile that failed be followed by another", async () => {
    const { profiler } = counting();
    const { time, get } = await stand({ ...profiler, startCpu: () => Promise.reject(new Error("no")) });
    for (let i = 0; i < 2; i++) await expect(get("profile")).rejects.toThrow();
    expect(time.pending).toBe(0);
  });

  it("say in words what has no meaning here, so that pprof shows it", async () => {
    const { log, profiler } = counting();
    const { get } = await stand(profiler);
    for (const name of ["allocs", "block", "mutex", "threadcreate", "trace"]) {
      const { status, headers, text } = await get(name);
      expect([status, headers.get("x-go-pprof")], name).toEqual([501, "1"]);
      expect(text).toContain(`no profile "${name}": `);
    }
    expect(await get("nosuch")).toMatchObject({ status: 404, text: "Unknown profile\n" });
    expect((await get("")).text).toContain('<a href="profile?seconds=30">profile</a>');
    expect((await get("cmdline")).text).toBe(process.argv.join("\0"));
    expect((await get("symbol", { method: "POST", body: "0x1+0x2" })).text).toBe("num_symbols: 0\n");
    expect((await get("goroutine")).text).toMatch(/^There are no goroutines.*\n\n(\d+ \w+\n)+$/);
    expect((await get("heap?seconds=2")).status).toBe(501);
    await get("heap");
    await get("heap?gc=1");
    expect(log).toEqual(["heap false", "heap true"]);
  });

  it("hold what V8 found", async () => {
    const { time, get } = await stand(v8Profiler());
    const kept: unknown[] = [];
    function work(): void {
      for (let i = 0; i < 200_000; i++) kept.push({ text: `kept ${i}` });
    }
    const asked = get("profile?seconds=1");
    await until(() => time.pending === 1);
    for (const end = performance.now() + 100; performance.now() < end; ) {
      kept.length = 0;
      work();
    }
    time.advance(1000);
    const cpu = read(gunzipSync((await asked).body));
    expect(cpu.samples.some((sample) => /\bpprof\.test\.work /.test(sample))).toBe(true);
    expect(cpu.durationNanos).toBeGreaterThan(90_000_000n);
    const heap = read(gunzipSync((await get("heap?gc=1")).body));
    const ours = heap.samples.filter((sample) => /\bpprof\.test\.work /.test(sample));
    const bytes = ours.reduce((sum, sample) => sum + Number(sample.split(" = ")[1]), 0);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(kept.length).toBe(200_000);
  });
});
