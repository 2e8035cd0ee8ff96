import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, post, quorate, type Running, start } from "./servers.ts";

let server: Running;
let residentAtStart: number;
const open = new Set<Socket>();

function residentMiB(): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) / 1024;
}

/** Sends pieces and gathers what comes until the server closes or the time is over. */
function talk(pieces: readonly (Buffer | string)[], limitMs = 3000): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1");
    open.add(socket);
    const received: Buffer[] = [];
    const done = (closed: boolean): void => {
      clearTimeout(timer);
      open.delete(socket);
      socket.destroy();
      resolve({ text: Buffer.concat(received).toString("latin1"), closed });
    };
    const timer = setTimeout(() => done(false), limitMs);
    socket.on("data", (chunk) => received.push(chunk));
    socket.on("error", () => done(true));
    socket.on("close", () => done(true));
    for (const piece of pieces) socket.write(piece, () => {});
  });
}

/** A connection that is left open until the test ends. */
function hold(pieces: readonly (Buffer | string)[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      for (const piece of pieces) socket.write(piece);
      resolve(socket);
    });
    open.add(socket);
    socket.on("error", reject);
    socket.on("data", () => {});
  });
}

let state = Number(process.env["QUORATE_SEED"] ?? 7);
function randomBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const settings = frame(4, 0, 0);

/** Literals without indexing: what every decoder reads. */
function headers(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.map(([name, value]) => {
      const text = (s: string): Buffer => Buffer.concat([length(s.length), Buffer.from(s, "latin1")]);
      return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
    }),
  );
}

function length(n: number): Buffer {
  if (n < 127) return Buffer.from([n]);
  const bytes = [127];
  let rest = n - 127;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

const rangeCall = headers([
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/etcdserverpb.KV/Range"],
  [":authority", "x"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
]);

describe("bad input on the client port", () => {
  beforeAll(async () => {
    server = await start(quorate);
    await post(server, "/v3/kv/put", { key: "aw==", value: "dg==" });
    residentAtStart = residentMiB();
  });

  /** Whatever came: the member serves on, and holds no more memory than a bound. */
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open.clear();
    const reply = await post(server, "/v3/kv/range", { key: "aw==" });
    expect(reply).toMatchObject({ count: "1" });
    expect(residentMiB() - residentAtStart, "MiB more than at start").toBeLessThan(300);
  });

  afterAll(async () => {
    expect(server.log()).not.toMatch(/"level":"(fatal|panic)"|Uncaught|UnhandledPromise/);
    expect(await server.stop()).toBe("SIGTERM");
    await cleanUp();
  });

  it("random bytes", async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, () => talk([randomBytes(20_000)])));
    expect(replies.filter(({ closed }) => !closed)).toEqual([]);
  });

  it("random bytes after an HTTP/2 preface", async () => {
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, i) => talk([preface, ...(i % 2 === 0 ? [settings] : []), randomBytes(20_000)])),
    );
    expect(replies.filter(({ closed }) => !closed)).toEqual([]);
  });

  it("valid frames with random payloads", async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        talk(
          [
            preface,
            settings,
            ...Array.from({ length: 30 }, (_, n) =>
              frame((i + n) % 12, randomBytes(1)[0] ?? 0, n * 2 + 1, randomBytes(n * 7)),
            ),
          ],
          1000,
        ),
      ),
    );
  });

  it("half-open connections: silent, half a preface, a preface alone, headers without an end", async () => {
    const starts = ["", "PRI * HT", preface, "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nContent-Le"];
    const held = await Promise.all(
      starts.flatMap((text) => Array.from({ length: 75 }, () => hold(text === "" ? [] : [text]))),
    );
    const withStream = await Promise.all(
      Array.from({ length: 50 }, () => hold([preface, settings, frame(1, 4, 1, rangeCall)])),
    );
    const before = performance.now();
    for (let i = 0; i < 20; i++) await post(server, "/v3/kv/put", { key: "aw==", value: "dg==" });
    expect(performance.now() - before).toBeLessThan(3000);
    expect(held.length + withStream.length).toBe(350);
  });

  it("headers without end, in HTTP/1 and in HTTP/2", async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `x-${i}: ${"y".repeat(1000)}\r\n`);
    const first = await talk(["POST /v3/kv/range HTTP/1.1\r\nHost: x\r\n", ...lines]);
    expect(first.closed).toBe(true);
    expect(first.text).toMatch(/^HTTP\/1\.1 (431|400)|^$/);
    const many = headers(Array.from({ length: 15 }, (_, i) => [`x-${i}`, "y".repeat(1000)] as const));
    const second = await talk([
      preface,
      settings,
      frame(1, 0, 1, rangeCall),
      ...Array.from({ length: 2000 }, () => frame(9, 0, 1, many)),
    ]);
    expect(second.closed).toBe(true);
    const empty = await talk([
      preface,
      settings,
      frame(1, 0, 1, rangeCall),
      ...Array.from({ length: 50_000 }, () => frame(9, 0, 1)),
    ]);
    expect(empty.closed).toBe(true);
  });

  it("HTTP/1 that is none", async () => {
    const bad = [
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
      "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nBad Header\0: y\r\n\r\n",
      "GET /%zz%00../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET http://[::1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET /v3/watch HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n",
      "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    ];
    for (const text of bad) {
      const { text: reply } = await talk([text], 500);
      expect(reply, JSON.stringify(text)).toMatch(/^(HTTP\/1\.1 [45]\d\d |$)/);
    }
    // Odd, but a path; redirected to the one that is meant, as Go's mux does.
    const { text: reply } = await talk(["GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"], 500);
    expect(reply).toMatch(/^HTTP\/1\.1 307 /);
  });

  it("a TLS hello on the plain port", async () => {
    const outcomes = await Promise.all(
      Array.from(
        { length: 20 },
        () =>
          new Promise<string>((resolve) => {
            const socket = connectTls({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false });
            socket.once("secureConnect", () => resolve("secure"));
            socket.once("error", () => resolve("refused"));
            socket.once("close", () => resolve("refused"));
            socket.setTimeout(3000, () => resolve("still open"));
          }),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(["refused"]));
  });

  it("bodies too large, too deep, too strange for the gateway", async () => {
    const send = async (path: string, body: string): Promise<number> =>
      (
        await fetch(server.url + path, { method: "POST", body, signal: AbortSignal.timeout(10_000) }).catch(() => ({
          status: 0,
        }))
      ).status;
    expect(await send("/v3/kv/put", `{"key":"aw==","value":"${"A".repeat(64_000_000)}"}`)).not.toBe(200);
    expect(await send("/v3/kv/put", `{"key":"aw==","value":"${"A".repeat(2_400_000)}"}`)).not.toBe(200);
    expect(await send("/v3/kv/range", "[".repeat(1_000_000))).toBe(400);
    expect(await send("/v3/kv/range", '{"key":'.repeat(100_000))).toBe(400);
    const deep = `${'{"success":[{"request_txn":'.repeat(5000)}{}${"}]}".repeat(5000)}`;
    expect(await send("/v3/kv/txn", deep)).toBeGreaterThanOrEqual(400);
    for (const body of [
      "null",
      "7",
      '"x"',
      "[]",
      '{"key":7}',
      '{"key":{}}',
      '{"limit":1e400}',
      '{"limit":"x"}',
      "\u0000",
      "{",
    ]) {
      expect(await send("/v3/kv/range", body), body).toBe(400);
    }
    // etcd says nothing on a stream whose first message cannot be read; the client is the one to leave.
    for (const body of ['{"create_request":{"key":"!"}}', "nonsense", ""]) {
      const gone = fetch(`${server.url}/v3/watch`, { method: "POST", body, signal: AbortSignal.timeout(200) });
      await gone.then(
        (response) => response.body?.cancel(),
        () => {},
      );
    }
  });

  it("messages that lie about their length, and bytes that are no message", async () => {
    const session = connectHttp2(server.url);
    session.on("error", () => {});
    const call = (path: string, body: Buffer): Promise<string> =>
      new Promise((resolve) => {
        const stream = session.request({
          ":method": "POST",
          ":path": path,
          "content-type": "application/grpc",
          te: "trailers",
        });
        let status = "";
        stream.on("response", (head) => {
          status ||= String(head["grpc-status"] ?? "");
        });
        stream.on("trailers", (trailers) => {
          status ||= String(trailers["grpc-status"] ?? "");
        });
        stream.on("error", () => {
          status ||= "reset";
        });
        stream.on("close", () => resolve(status));
        stream.resume();
        stream.end(body);
      });
    const message = (bytes: Buffer, claimed = bytes.length, compressed = 0): Buffer => {
      const head = Buffer.alloc(5);
      head[0] = compressed;
      head.writeUInt32BE(claimed, 1);
      return Buffer.concat([head, bytes]);
    };
    const range = "/etcdserverpb.KV/Range";
    expect(await call(range, message(Buffer.alloc(10), 0xffffffff))).toBe("8");
    expect(await call(range, message(Buffer.alloc(3_000_000)))).toBe("8");
    // grpc-go has UNKNOWN, "unexpected EOF", for what ends too early.
    expect(await call(range, message(Buffer.alloc(2), 10))).toBe("2");
    expect(await call(range, Buffer.from([0, 0]))).toBe("2");
    expect(await call(range, message(Buffer.from([0xff, 0xff, 0xff])))).toMatch(/^(13|3)$/);
    expect(await call(range, message(Buffer.from("not gzip"), 8, 1))).toMatch(/^(12|13|3)$/);
    expect(await call(range, Buffer.alloc(0))).toMatch(/^(2|13)$/);
    expect(await call("/etcdserverpb.KV/Nothing", message(Buffer.alloc(0)))).toBe("12");
    expect(await call("/nowhere", message(Buffer.alloc(0)))).toMatch(/^12$/);
    for (let i = 0; i < 50; i++) await call(range, message(randomBytes(i * 3)));
    session.destroy();
  });

  it("streams opened and reset as fast as they go", async () => {
    const burst: Buffer[] = [];
    for (let i = 0; i < 20_000; i++) {
      burst.push(frame(1, 4, i * 2 + 1, rangeCall), frame(3, 0, i * 2 + 1, Buffer.from([0, 0, 0, 8])));
    }
    const { closed } = await talk([preface, settings, Buffer.concat(burst)], 5000);
    expect(closed).toBe(true);
  });

  it("pings and settings without end, nothing read", async () => {
    for (const flood of [frame(6, 0, 0, Buffer.alloc(8)), settings]) {
      const socket = connect(server.port, "127.0.0.1");
      open.add(socket);
      let gone = false;
      socket.on("error", () => {});
      socket.on("close", () => {
        gone = true;
      });
      socket.pause();
      socket.write(preface);
      const block = Buffer.concat(Array.from({ length: 5000 }, () => flood));
      for (let i = 0; i < 40 && !gone; i++) {
        socket.write(block);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      // Reading on, the end shows.
      socket.resume();
      for (let i = 0; i < 200 && !gone; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(gone).toBe(true);
    }
  });
});
