import { afterEach, describe, expect, it } from "vitest";
import { Code, EtcdError, type Metrics, nullMetrics } from "../../base/index.ts";
import { type HeaderField, Http2Connection, type Http2Handler, http2Options } from "../http2/index.ts";
import { GrpcError, GrpcServer, type GrpcServerOptions, gzip, type ServerStream, type Status } from "./index.ts";
import { MemoryPipe, manualEnv } from "./testing.ts";
import type { Call } from "./types.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const bytes = (s: string) => Buffer.from(s);

function setUp(options: GrpcServerOptions = {}, metrics: Metrics = nullMetrics) {
  const env = manualEnv({ metrics });
  const server = new GrpcServer(env, options, [gzip]);
  const calls: Call[] = [];
  const streams: ServerStream[] = [];
  const events: string[] = [];
  server.register("t.S", "Echo", { kind: "unary", handler: (_call, request) => request });
  server.register("t.S", "Later", { kind: "unary", handler: async (_call, request) => [bytes("la"), request] });
  server.register("t.S", "Fail", {
    kind: "unary",
    handler: (_call, request) => {
      if (request.length === 0) throw new Error("plain\nerror");
      throw EtcdError.of("KeyEmpty");
    },
  });
  server.register("t.S", "Never", {
    kind: "unary",
    handler: (call) => {
      calls.push(call);
      call.onCancel = (why) => events.push(`cancelled ${why.code} ${why.message}`);
      return new Promise(() => {});
    },
  });
  server.register("t.S", "Head", {
    kind: "unary",
    handler: (call) => {
      calls.push(call);
      call.addHeader([["x-head", "1"]]);
      call.addTrailer([
        ["x-trailer", "2"],
        ["x-bytes-bin", new Uint8Array([0, 255])],
      ]);
      return bytes(call.metadata.get("who") ?? "nobody");
    },
  });
  server.register("t.S", "Count", {
    kind: "serverStream",
    handler: (stream, request) => {
      for (let i = 0; i < request.length; i++) stream.send(bytes(`${i}`));
      stream.end();
    },
  });
  server.register("t.S", "Talk", {
    kind: "bidi",
    handler: (stream) => {
      streams.push(stream);
      stream.onMessage = (message) => stream.send(message);
      stream.onEnd = () => stream.end({ code: Code.OutOfRange, message: "bye €" });
      stream.onCancel = (why) => events.push(`stream cancelled ${why.code}`);
      stream.onDrain = () => events.push("drain");
    },
  });
  return { env, time: env.time, server, calls, streams, events };
}

let pipes: MemoryPipe[] = [];
function pipe(...args: ConstructorParameters<typeof MemoryPipe>): MemoryPipe {
  const made = new MemoryPipe(...args);
  pipes.push(made);
  return made;
}

// Whatever a test opened is closed again, and then no timer may be left.
afterEach(async () => {
  for (const made of pipes) {
    made.client.close();
    await made.settle();
    made.server.transportClosed();
  }
  pipes = [];
});

async function failure(promise: Promise<unknown>): Promise<GrpcError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GrpcError) return error;
    throw error;
  }
  throw new Error("the call went well");
}

/** Speaks HTTP/2 without the manners of our gRPC client. */
class RawClient implements Http2Handler {
  readonly heads: (readonly HeaderField[])[] = [];
  readonly data: number[][] = [];
  readonly resets: number[] = [];
  goaway: { code: number; debug: string } | undefined;
  readonly http2: Http2Connection;
  readonly out: Uint8Array[] = [];
  ended = false;

  constructor() {
    const output = {
      write: (pieces: Uint8Array[]) => {
        this.out.push(...pieces.map((piece) => Uint8Array.from(piece)));
        return true;
      },
      dirty() {},
      end: () => {
        this.ended = true;
      },
    };
    this.http2 = new Http2Connection("client", this, output, http2Options());
  }
  onHeaders(_stream: unknown, headers: readonly HeaderField[]): void {
    this.heads.push(headers);
  }
  onData(_stream: unknown, chunk: Uint8Array): void {
    this.data.push([...chunk]);
  }
  onReset(_stream: unknown, code: number): void {
    this.resets.push(code);
  }
  onDrain(): void {}
  onGoaway(_last: number, code: number, debug: Uint8Array): void {
    this.goaway = { code, debug: text(debug) };
  }
  onClose(): void {}

  /** Opens a connection to `server` and carries bytes until quiet. */
  static talk(server: GrpcServer): { raw: RawClient; exchange: () => void; closed: () => boolean } {
    const raw = new RawClient();
    const back: Uint8Array[] = [];
    let ended = false;
    const connection = server.accept(
      {
        write: (pieces) => {
          back.push(...pieces.map((piece) => Uint8Array.from(piece)));
          return true;
        },
        dirty() {},
        end() {
          ended = true;
        },
      },
      { address: "raw:1" },
    )!;
    const exchange = () => {
      for (let i = 0; i < 10; i++) {
        raw.http2.flush();
        for (const chunk of raw.out.splice(0)) connection.receive(chunk);
        connection.flush();
        for (const chunk of back.splice(0)) raw.http2.receive(chunk);
      }
      if (ended) raw.http2.transportClosed();
      if (raw.ended) connection.transportClosed();
    };
    return { raw, exchange, closed: () => ended };
  }
}

const usual: Record<string, string> = {
  ":method": "POST",
  ":scheme": "http",
  ":authority": "x",
  ":path": "/t.S/Echo",
  "content-type": "application/grpc",
  te: "trailers",
};

function ask(server: GrpcServer, changes: Record<string, string>, body: Uint8Array = Buffer.from([0, 0, 0, 0, 0])) {
  const { raw, exchange } = RawClient.talk(server);
  const fields = Object.entries({ ...usual, ...changes }).filter(([, value]) => value !== "");
  const stream = raw.http2.request(fields as [string, string][], false);
  stream.sendData([body], true);
  exchange();
  raw.http2.destroy(0);
  exchange();
  return { heads: raw.heads.map((list) => Object.fromEntries(list)), data: raw.data, resets: raw.resets };
}

describe("unary calls", () => {
  it("go there and back, answered at once or by a promise", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env);
    expect(text(await p.run(p.client.unary("/t.S/Echo", bytes("hello"))))).toBe("hello");
    expect(text(await p.run(p.client.unary("/t.S/Echo", bytes(""))))).toBe("");
    expect(text(await p.run(p.client.unary("/t.S/Later", [bytes("t"), bytes("er")])))).toBe("later");
  });

  it("keep each other apart when a thousand run at once", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env);
    const wanted = Array.from({ length: 1000 }, (_, i) => `call ${i}`);
    const all = Promise.all(wanted.map((s, i) => p.client.unary(i % 2 ? "/t.S/Echo" : "/t.S/Later", bytes(s))));
    expect((await p.run(all)).map(text)).toEqual(wanted.map((s, i) => (i % 2 ? s : `la${s}`)));
  });

  it("carry a message much larger than a frame and a window", async () => {
    const { env, server } = setUp({ receiveBytesMax: 40_000_000 });
    const p = pipe(server, env, { cuts: [70_000, 3, 16_384] });
    const large = Buffer.alloc(20_000_000, "0123456789");
    const back = await p.run(p.client.unary("/t.S/Echo", large));
    expect(Buffer.compare(back, large)).toBe(0);
  });

  it("tell coded errors by code and others as Unknown", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env);
    expect(await failure(p.run(p.client.unary("/t.S/Fail", bytes("x"))))).toMatchObject({
      code: Code.InvalidArgument,
      message: "etcdserver: key is not provided",
    });
    expect(await failure(p.run(p.client.unary("/t.S/Fail", bytes(""))))).toMatchObject({
      code: Code.Unknown,
      message: "plain\nerror",
    });
  });

  it("name what is not there as grpc-go does", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env);
    const told: Record<string, string> = {};
    for (const path of ["/t.S/Nope", "/t.None/Echo", "/nomethod", "/a/t.S/Echo"]) {
      const error = await failure(p.run(p.client.unary(path, bytes(""))));
      expect(error.code).toBe(Code.Unimplemented);
      told[path] = error.message;
    }
    expect(told).toEqual({
      "/t.S/Nope": "unknown method Nope for service t.S",
      "/t.None/Echo": "unknown service t.None",
      "/nomethod": 'malformed method name: "/nomethod"',
      "/a/t.S/Echo": "unknown service a/t.S",
    });
  });

  it("refuse too large a message, before it is here", async () => {
    const { env, server } = setUp({ receiveBytesMax: 100 });
    const p = pipe(server, env);
    expect(text(await p.run(p.client.unary("/t.S/Echo", Buffer.alloc(100, "a"))))).toHaveLength(100);
    expect(await failure(p.run(p.client.unary("/t.S/Echo", Buffer.alloc(101))))).toMatchObject({
      code: Code.ResourceExhausted,
      message: "grpc: received message larger than max (101 vs. 100)",
    });
  });
});

describe("heads", () => {
  const { server } = setUp();

  it("answer trailers-only when they are refused", () => {
    const cases: [Record<string, string>, Record<string, string>][] = [
      [
        { "content-type": "application/json" },
        {
          ":status": "415",
          "grpc-status": "3",
          "grpc-message": 'invalid gRPC request content-type "application/json"',
        },
      ],
      [
        { "content-type": "" },
        { ":status": "415", "grpc-status": "3", "grpc-message": 'invalid gRPC request content-type ""' },
      ],
      [{ "content-type": "application/grpcx" }, { ":status": "415", "grpc-status": "3" }],
      [
        { ":method": "PUT" },
        {
          ":status": "405",
          "grpc-status": "13",
          "grpc-message": 'Received a HEADERS frame with :method "PUT" which should be POST',
        },
      ],
      [
        { "grpc-timeout": "5x" },
        {
          ":status": "400",
          "grpc-status": "13",
          "grpc-message": 'malformed grpc-timeout: transport: timeout unit is not recognized: "5x"',
        },
      ],
      [{ "x-bin": "???" }, { ":status": "400", "grpc-status": "13" }],
      [{ "grpc-timeout": "0S" }, { ":status": "200", "grpc-status": "4", "grpc-message": "context deadline exceeded" }],
      [
        { "grpc-encoding": "zstd" },
        {
          ":status": "200",
          "grpc-status": "12",
          "grpc-message": 'grpc: Decompressor is not installed for grpc-encoding "zstd"',
          "grpc-accept-encoding": "identity,gzip",
        },
      ],
    ];
    for (const [changes, expected] of cases) {
      const { heads, data } = ask(server, changes);
      expect(heads, JSON.stringify(changes)).toHaveLength(1);
      expect(heads[0]).toMatchObject(expected);
      // Who does not speak gRPC is told in plain text too.
      const told = `${expected["grpc-message"] ?? ""}\n`;
      if (expected[":status"] !== "415") expect(data).toEqual([]);
      else expect(Buffer.from(data.flat()).toString().endsWith(told)).toBe(true);
    }
  });

  it("take every form of gRPC's content type and answer in it", () => {
    for (const [asked, answered] of [
      ["application/grpc", "application/grpc"],
      ["application/grpc+proto", "application/grpc+proto"],
      ["application/grpc;charset=utf-8", "application/grpc+charset=utf-8"],
      ["application/grpc+json", "application/grpc+json"],
      ["Application/GRPC", "application/grpc"],
    ] as const) {
      const { heads } = ask(server, { "content-type": asked });
      expect(heads).toEqual([{ ":status": "200", "content-type": answered }, { "grpc-status": "0" }]);
    }
  });

  it("say when a request ends too early", () => {
    expect(ask(server, {}, Buffer.alloc(0)).heads[0]).toMatchObject({ "grpc-status": "2", "grpc-message": "EOF" });
    expect(ask(server, {}, Buffer.from([0, 0, 0, 0, 9, 1])).heads[0]).toMatchObject({
      "grpc-status": "2",
      "grpc-message": "unexpected EOF",
    });
  });

  it("take the first message of a unary call, and do not insist on its end", () => {
    const two = Buffer.from([0, 0, 0, 0, 1, 65, 0, 0, 0, 0, 1, 66]);
    expect(ask(server, {}, two).data.flat()).toEqual([0, 0, 0, 0, 1, 65]);
    const { env, server: other } = setUp();
    const { raw, exchange } = RawClient.talk(other);
    const stream = raw.http2.request(Object.entries(usual) as [string, string][], false);
    stream.sendData([two], false);
    exchange();
    expect(raw.data).toEqual([]);
    env.time.endTurn();
    exchange();
    expect(raw.data.flat()).toEqual([0, 0, 0, 0, 1, 65]);
    expect(raw.resets).toEqual([0]);
    raw.http2.destroy(0);
    exchange();
  });

  it("refuse broken frames", () => {
    expect(ask(server, {}, Buffer.from([2, 0, 0, 0, 0])).heads[0]).toMatchObject({
      "grpc-status": "13",
      "grpc-message": "grpc: received unexpected payload format 2",
    });
    expect(ask(server, {}, Buffer.from([1, 0, 0, 0, 0])).heads[0]).toMatchObject({
      "grpc-status": "13",
      "grpc-message": "grpc: compressed flag set with identity or empty encoding",
    });
  });
});

describe("compression", () => {
  const packed = (message: Uint8Array) => {
    const body = gzip.compress(message);
    const prefix = Buffer.from([1, 0, 0, 0, 0]);
    prefix.writeUInt32BE(body.length, 1);
    return Buffer.concat([prefix, body]);
  };

  it("takes gzip and answers in it when that pays", () => {
    const { server } = setUp();
    const small = ask(server, { "grpc-encoding": "gzip" }, packed(bytes("hello")));
    expect(small.data.flat()).toEqual([0, 0, 0, 0, 5, ...bytes("hello")]);
    const large = ask(server, { "grpc-encoding": "gzip" }, packed(Buffer.alloc(5000, "abc")));
    expect(large.heads[0]).toMatchObject({ "grpc-encoding": "gzip" });
    const answer = Buffer.from(large.data.flat());
    expect(answer[0]).toBe(1);
    expect(answer.length).toBeLessThan(200);
    expect(text(gzip.decompress(answer.subarray(5), 10_000)!)).toBe(Buffer.alloc(5000, "abc").toString());
  });

  it("takes plain messages on a gzip call too", () => {
    const { server } = setUp();
    expect(ask(server, { "grpc-encoding": "gzip" }, Buffer.from([0, 0, 0, 0, 1, 65])).data.flat()).toEqual([
      0, 0, 0, 0, 1, 65,
    ]);
  });

  it("does not unfold a bomb", () => {
    const { server } = setUp({ receiveBytesMax: 100_000 });
    const bomb = packed(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(300_000);
    const { heads } = ask(server, { "grpc-encoding": "gzip" }, packed(Buffer.alloc(100_001)));
    expect(heads[0]).toMatchObject({
      "grpc-status": "8",
      "grpc-message": "grpc: received message after decompression larger than max 100000",
    });
  });

  it("refuses what is no gzip", () => {
    const { server } = setUp();
    const { heads } = ask(server, { "grpc-encoding": "gzip" }, Buffer.from([1, 0, 0, 0, 2, 1, 2]));
    expect(heads[0]).toMatchObject({ "grpc-status": "13" });
    expect(heads[0]!["grpc-message"]).toMatch(/^grpc: failed to decompress the message: /);
  });
});

describe("metadata", () => {
  it("goes both ways, binary values too", async () => {
    const { env, server, calls } = setUp();
    const p = pipe(server, env, { metadata: [["who", "me"]] });
    const seen: { header?: string | undefined; trailer?: Uint8Array | undefined; status?: Status } = {};
    await p.run(
      new Promise<void>((resolve) => {
        const stream = p.client.stream(
          "/t.S/Head",
          {
            onHeader: (header) => {
              seen.header = header.get("x-head");
            },
            onMessage: (message) => expect(text(message)).toBe("me"),
            onEnd: (status, trailer) => {
              seen.status = status;
              seen.trailer = trailer.getBinary("x-bytes-bin");
              expect(trailer.get("x-trailer")).toBe("2");
              expect(trailer.get("grpc-status")).toBeUndefined();
              resolve();
            },
          },
          { metadata: [["trace-bin", new Uint8Array([1, 2, 3])]] },
        );
        stream.send(bytes(""));
        stream.closeSend();
      }),
    );
    expect(seen).toMatchObject({ header: "1", status: { code: 0 } });
    expect([...seen.trailer!]).toEqual([0, 255]);
    expect([...calls[0]!.metadata.getBinary("trace-bin")!]).toEqual([1, 2, 3]);
  });

  it("that no header may carry fails the call, not the connection", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env);
    const error = await failure(p.run(p.client.unary("/t.S/Echo", bytes(""), { metadata: [["a", "\n"]] })));
    expect(error.code).toBe(Code.Internal);
    expect(text(await p.run(p.client.unary("/t.S/Echo", bytes("fine"))))).toBe("fine");
  });
});

describe("deadlines and cancellation", () => {
  it("answer DeadlineExceeded and tell the handler", async () => {
    const { env, time, server, events, calls } = setUp();
    const { raw, exchange } = RawClient.talk(server);
    const stream = raw.http2.request(
      Object.entries({ ...usual, ":path": "/t.S/Never", "grpc-timeout": "2S" }) as [string, string][],
      false,
    );
    stream.sendData([Buffer.from([0, 0, 0, 0, 0])], true);
    exchange();
    expect(calls[0]!.deadlineMs).toBe(env.clock.monotonicMs() + 2000);
    time.advance(1990);
    exchange();
    expect(events).toEqual([]);
    time.advance(40);
    exchange();
    expect(events).toEqual(["cancelled 4 context deadline exceeded"]);
    expect(calls[0]!.cancelled).toBe(true);
    expect(Object.fromEntries(raw.heads[0]!)).toMatchObject({
      "grpc-status": "4",
      "grpc-message": "context deadline exceeded",
    });
    raw.http2.destroy(0);
    exchange();
  });

  it("end a call from the client's side too", async () => {
    const { env, time, server, events } = setUp();
    const p = pipe(server, env);
    const call = failure(p.client.unary("/t.S/Never", bytes(""), { timeoutMs: 500 }));
    await p.settle();
    p.blocked = true;
    time.advance(600);
    expect((await call).code).toBe(Code.DeadlineExceeded);
    p.blocked = false;
    await p.settle();
    expect(events).toHaveLength(1);
  });

  it("cancel by a signal resets the stream", async () => {
    const { env, server, events } = setUp();
    const p = pipe(server, env);
    const abort = new AbortController();
    const call = failure(p.client.unary("/t.S/Never", bytes(""), { signal: abort.signal }));
    await p.settle();
    abort.abort();
    expect((await call).code).toBe(Code.Canceled);
    await p.settle();
    expect(events).toEqual(["cancelled 1 context canceled"]);
    expect(p.server.openCalls).toBe(0);
  });

  it("a lost connection cancels what is open", async () => {
    const { env, server, events } = setUp();
    const p = pipe(server, env);
    const call = failure(p.client.unary("/t.S/Never", bytes("")));
    await p.settle();
    p.server.transportClosed(new Error("reset"));
    p.client.transportClosed(new Error("reset"));
    expect(await call).toMatchObject({ code: Code.Unavailable, message: "connection error: reset" });
    expect(events).toEqual(["cancelled 1 context canceled"]);
    expect(server.connections).toBe(0);
  });

  it("leave no timer behind", async () => {
    const { env, time, server } = setUp();
    const p = pipe(server, env);
    for (let i = 0; i < 50; i++) await p.run(p.client.unary("/t.S/Echo", bytes("x"), { timeoutMs: 5000 }));
    p.client.close();
    await p.settle();
    time.advance(20);
    expect(time.pending).toBe(0);
  });
});

describe("streams", () => {
  it("server streams send all and end", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env);
    const got: string[] = [];
    await p.run(
      new Promise<void>((resolve) => {
        const stream = p.client.stream("/t.S/Count", {
          onMessage: (message) => got.push(text(message)),
          onEnd: (status) => {
            got.push(`end ${status.code}`);
            resolve();
          },
        });
        stream.send(bytes("four"));
        stream.closeSend();
      }),
    );
    expect(got).toEqual(["0", "1", "2", "3", "end 0"]);
  });

  it("bidi streams talk in both directions and end with a status", async () => {
    const { env, server } = setUp();
    const p = pipe(server, env, { cuts: [1, 7, 2] });
    const got: string[] = [];
    const stream = p.client.stream("/t.S/Talk", {
      onMessage: (message) => got.push(text(message)),
      onEnd: (status) => got.push(`end ${status.code} ${status.message}`),
    });
    stream.send(bytes("a"));
    await p.settle();
    expect(got).toEqual(["a"]);
    stream.send(bytes(""));
    stream.send(bytes("b"));
    await p.settle();
    stream.closeSend();
    await p.settle();
    expect(got).toEqual(["a", "", "b", "end 11 bye €"]);
  });

  it("tell a server that writes too fast, and when it may go on", async () => {
    const { env, server, streams, events } = setUp({ streamHighWaterBytes: 10_000 });
    const p = pipe(server, env);
    let received = 0;
    const stream = p.client.stream("/t.S/Talk", {
      onMessage: (m) => {
        received += m.length;
      },
      onEnd: () => {},
    });
    await p.settle();
    stream.pauseReading();
    const serverSide = streams[0]!;
    let sent = 0;
    while (serverSide.writable() && sent < 100_000_000) {
      serverSide.send(Buffer.alloc(5000));
      sent += 5000;
      await p.settle();
    }
    // What is out is bounded by the client's windows and our high-water mark.
    expect(sent).toBeLessThan(20_000_000);
    expect(serverSide.bufferedBytes).toBeGreaterThanOrEqual(10_000);
    expect(events).toEqual([]);
    stream.resumeReading();
    await p.settle();
    expect(events).toEqual(["drain"]);
    expect(received).toBe(sent);
    expect(serverSide.writable()).toBe(true);
  });

  it("hold a client back that writes too fast", async () => {
    const { env, server, streams } = setUp();
    const p = pipe(server, env, { streamHighWaterBytes: 10_000 });
    let echoed = 0;
    const stream = p.client.stream("/t.S/Talk", {
      onMessage: (m) => {
        echoed += m.length;
      },
      onEnd: () => {},
    });
    await p.settle();
    streams[0]!.pauseReading();
    let sent = 0;
    while (stream.writable() && sent < 100_000_000) {
      stream.send(Buffer.alloc(5000));
      sent += 5000;
      await p.settle();
    }
    expect(sent).toBeLessThan(10_000_000);
    streams[0]!.resumeReading();
    await p.settle();
    expect(echoed).toBe(sent);
  });

  it("are cancelled by the client, and aborted by the server", async () => {
    const { env, server, streams, events } = setUp();
    const p = pipe(server, env);
    const ends: string[] = [];
    const talk = () =>
      p.client.stream("/t.S/Talk", {
        onMessage: () => {},
        onEnd: (status) => ends.push(`${status.code} ${status.message}`),
      });
    const first = talk();
    talk();
    await p.settle();
    first.cancel();
    streams[1]!.abort({ code: Code.Unavailable, message: "etcdserver: no leader" });
    await p.settle();
    expect(ends).toEqual(["1 context canceled", "14 etcdserver: no leader"]);
    expect(events).toEqual(["stream cancelled 14", "stream cancelled 1"]);
    expect(p.server.openCalls).toBe(0);
  });

  it("survive a handler that throws", async () => {
    const { env, server } = setUp();
    server.register("t.S", "Throws", {
      kind: "bidi",
      handler: async () => {
        throw EtcdError.of("NoLeader");
      },
    });
    const p = pipe(server, env);
    const error = await failure(p.run(p.client.unary("/t.S/Throws", bytes(""))));
    expect(error).toMatchObject({ code: Code.Unavailable, message: "etcdserver: no leader" });
  });
});

describe("keepalive", () => {
  it("sends a client away that pings too often", () => {
    const { time, server } = setUp();
    const { raw, exchange, closed } = RawClient.talk(server);
    exchange();
    for (let i = 0; i < 4; i++) {
      time.advance(1000);
      raw.http2.ping(() => {});
      exchange();
    }
    expect(raw.goaway).toEqual({ code: 11, debug: "too_many_pings" });
    expect(closed()).toBe(true);
    expect(server.connections).toBe(0);
  });

  it("is content with a client that pings with every piece of a long answer, to measure the line", () => {
    const { server } = setUp();
    server.register("t.S", "Long", { kind: "unary", handler: () => new Uint8Array(2_000_000) });
    const { raw, exchange } = RawClient.talk(server);
    const fields = Object.entries({ ...usual, ":path": "/t.S/Long" }) as [string, string][];
    const stream = raw.http2.request(fields, false);
    stream.sendData([Buffer.from([0, 0, 0, 0, 0])], true);
    let taken = 0;
    for (let seen = -1; seen < taken; ) {
      seen = taken;
      raw.http2.ping(() => {});
      exchange();
      const got = raw.data.reduce((sum, chunk) => sum + chunk.length, 0);
      stream.consume(got - taken);
      taken = got;
    }
    expect(raw.goaway).toBeUndefined();
    expect(taken).toBe(2_000_005);
  });

  it("is content with pings at the agreed pace, and with any while data flows", () => {
    const { time, server } = setUp();
    const { raw, exchange } = RawClient.talk(server);
    const stream = raw.http2.request(Object.entries({ ...usual, ":path": "/t.S/Never" }) as [string, string][], false);
    stream.sendData([Buffer.from([0, 0, 0, 0, 0])], true);
    exchange();
    for (let i = 0; i < 10; i++) {
      time.advance(5001);
      raw.http2.ping(() => {});
      exchange();
    }
    for (let i = 0; i < 10; i++) {
      raw.http2.ping(() => {});
      const call = raw.http2.request(Object.entries(usual) as [string, string][], false);
      call.sendData([Buffer.from([0, 0, 0, 0, 0])], true);
      exchange();
    }
    expect(raw.goaway).toBeUndefined();
    raw.http2.destroy(0);
    exchange();
  });

  it("pings a silent client and closes when no answer comes", async () => {
    const { env, time, server } = setUp({ keepaliveTimeMs: 60_000, keepaliveTimeoutMs: 20_000 });
    const p = pipe(server, env);
    await p.settle();
    // Answers keep it open.
    for (let i = 0; i < 300; i++) {
      time.advance(1000);
      await p.settle();
    }
    expect(server.connections).toBe(1);
    p.blocked = true;
    time.advance(62_000);
    await p.settle();
    expect(server.connections).toBe(1);
    time.advance(20_000);
    await p.settle();
    expect(server.connections).toBe(0);
  });

  it("works from the client's side", async () => {
    const { env, time, server } = setUp();
    const p = pipe(server, env, { keepaliveTimeMs: 10_000, keepaliveTimeoutMs: 5000 });
    const call = failure(p.client.unary("/t.S/Never", bytes("")));
    await p.settle();
    p.blocked = true;
    time.advance(17_000);
    expect((await call).message).toBe("keepalive ping failed to receive ACK within timeout");
    expect(p.client.usable).toBe(false);
  });
});

describe("stopping", () => {
  it("gracefully: open calls finish, new ones are sent elsewhere, then the connection closes", async () => {
    const { env, server } = setUp();
    let answer: ((reply: Uint8Array) => void) | undefined;
    server.register("t.S", "Slow", {
      kind: "unary",
      handler: () =>
        new Promise<Uint8Array>((resolve) => {
          answer = resolve;
        }),
    });
    const p = pipe(server, env);
    const idle = pipe(server, env);
    await idle.settle();
    const call = p.client.unary("/t.S/Slow", bytes(""));
    await p.settle();
    let stopped = false;
    const stop = server.stop().then(() => {
      stopped = true;
    });
    await p.settle();
    await idle.settle();
    expect(idle.server.closed).toBe(true);
    expect(stopped).toBe(false);
    expect(p.client.usable).toBe(false);
    expect((await failure(p.client.unary("/t.S/Echo", bytes("")))).code).toBe(Code.Unavailable);
    expect(server.accept(p.toClient, { address: "late" })).toBeUndefined();
    answer!(bytes("done"));
    expect(text(await p.run(call))).toBe("done");
    await p.run(stop);
    expect(server.connections).toBe(0);
  });

  it("hard: open calls are cancelled", async () => {
    const { env, server, events } = setUp();
    const p = pipe(server, env);
    const call = failure(p.client.unary("/t.S/Never", bytes("")));
    await p.settle();
    await Promise.all([server.close(), p.settle()]);
    expect((await call).code).toBe(Code.Unavailable);
    expect(events).toEqual(["cancelled 1 context canceled"]);
  });

  it("keeps to the number of connections", () => {
    const { server } = setUp({ connectionsMax: 1 });
    const { raw, exchange } = RawClient.talk(server);
    exchange();
    const output = { write: () => true, dirty() {}, end() {} };
    expect(server.accept(output, { address: "second" })).toBeUndefined();
    raw.http2.destroy(0);
    exchange();
    expect(server.accept(output, { address: "third" })).toBeDefined();
  });

  it("keeps to the number of streams: the rest waits at the client", async () => {
    const env = manualEnv();
    const server = new GrpcServer(env, { concurrentStreamsMax: 3 });
    let open = 0;
    let most = 0;
    server.register("t.S", "Wait", {
      kind: "unary",
      handler: async (_call, request) => {
        most = Math.max(most, ++open);
        for (let i = 0; i < 50; i++) await Promise.resolve();
        open--;
        return request;
      },
    });
    const p = pipe(server, env);
    await p.settle();
    const calls = Promise.all(Array.from({ length: 20 }, (_, i) => p.client.unary("/t.S/Wait", bytes(`${i}`))));
    expect((await p.run(calls)).map(text)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    expect(most).toBe(3);
  });
});

describe("metrics", () => {
  it("count calls by method and code, and start at zero", async () => {
    const values = new Map<string, number>();
    const counter = (name: string) => ({
      inc: (by = 1) => void values.set(name, (values.get(name) ?? 0) + by),
      with(...labels: string[]) {
        values.set(`${name}{${labels.join()}}`, 0);
        return counter(`${name}{${labels.join()}}`);
      },
    });
    const { env, server } = setUp({}, { ...nullMetrics, counter: ({ name }) => counter(name) });
    const p = pipe(server, env);
    await p.run(p.client.unary("/t.S/Echo", bytes("12345")));
    await failure(p.run(p.client.unary("/t.S/Fail", bytes("x"))));
    await failure(p.run(p.client.unary("/t.S/Nope", bytes("x"))));
    expect(values.get("grpc_server_started_total{unary,t.S,Echo}")).toBe(1);
    expect(values.get("grpc_server_handled_total{unary,t.S,Echo,OK}")).toBe(1);
    expect(values.get("grpc_server_msg_received_total{unary,t.S,Echo}")).toBe(1);
    expect(values.get("grpc_server_msg_sent_total{unary,t.S,Echo}")).toBe(1);
    expect(values.get("grpc_server_handled_total{unary,t.S,Fail,InvalidArgument}")).toBe(1);
    expect(values.get("grpc_server_msg_sent_total{unary,t.S,Fail}")).toBe(0);
    expect(values.get("grpc_server_handled_total{bidi_stream,t.S,Talk,Unauthenticated}")).toBe(0);
    expect(values.get("etcd_network_client_grpc_received_bytes_total")).toBe(6);
    expect(values.get("etcd_network_client_grpc_sent_bytes_total")).toBe(5);
  });
});

describe("a message that is not bytes", () => {
  it.each([["text"], [5], [undefined], [[5]], [[{ length: Number.NaN }]], [{ length: 3 }]])(
    "fails alone: %j",
    async (message) => {
      const { env, server } = setUp();
      const p = pipe(server, env);
      await expect(p.client.unary("/t.S/Echo", message as never)).rejects.toThrow(TypeError);
      const said: string[] = [];
      const stream = p.client.stream("/t.S/Talk", { onMessage: (m) => said.push(text(m)), onEnd: () => {} });
      expect(() => stream.send(message as never)).toThrow(TypeError);
      stream.send(bytes("well"));
      expect(text(await p.run(p.client.unary("/t.S/Echo", bytes("after"))))).toBe("after");
      await p.settle();
      expect(said).toEqual(["well"]);
      expect(p.client.openCalls).toBe(1);
    },
  );
});
