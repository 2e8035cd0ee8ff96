import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import { createRequire } from "node:module";
import * as net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { data, describeFrame, frame, headers, parseFrames, preface, settings } from "../../../test/harness/http2.ts";
import { Code, type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { type HeaderList, prepareHeaders } from "../http2/index.ts";
import { connect, GrpcServer, type GrpcServerOptions, gzip, type Listening, serve } from "./index.ts";
import { type DoorOptions, protocolOf } from "./socket.ts";

/** A key pair made for these tests alone: CN quorate-test, valid for localhost and 127.0.0.1, until 2126. */
const tlsKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpTXkS+8RVRYrdaqc
bSxPbgJayrGgWCK+xWrNL5zqeLuhRANCAARNUlC12I6wi8VDd8tw0UJdxt+VpfLN
i82br9LhJtxZa6nEmRNDL+oPjMI56uOgq3s3ivl1CXbuBivke+HluUnn
-----END PRIVATE KEY-----
`;
const tlsCert = `-----BEGIN CERTIFICATE-----
MIIBoDCCAUegAwIBAgIUBEFgHlnkcNPlVDorLz8fT83EpbwwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMcXVvcmF0ZS10ZXN0MCAXDTI2MTEyMjExMDU1NVoYDzIxMjYx
MDI5MTEwNTU1WjAXMRUwEwYDVQQDDAxxdW9yYXRlLXRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAARNUlC12I6wi8VDd8tw0UJdxt+VpfLNi82br9LhJtxZa6nE
mRNDL+oPjMI56uOgq3s3ivl1CXbuBivke+HluUnno28wbTAdBgNVHQ4EFgQUP8kE
/fW0sQMGXFj4BD3N2nhULFowHwYDVR0jBBgwFoAUP8kE/fW0sQMGXFj4BD3N2nhU
LFowDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEw
CgYIKoZIzj0EAwIDRwAwRAIgHIb70o9vbfjSKEHipvCn9bQYIhslhXSyKDD7SiNx
pZACICGZ5kz4jy2cbhmw9p88TRNqF4VNGaD4jcHvnjNqoSxH
-----END CERTIFICATE-----
`;

const env: Env = {
  clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
  scheduler: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs).unref();
      return { cancel: () => clearTimeout(timer) };
    },
    every(periodMs, run) {
      const timer = setInterval(run, periodMs).unref();
      return { cancel: () => clearInterval(timer) };
    },
    endOfTurn: (run) => void setImmediate(run),
  },
  random: new SeededRandom(1),
  logger: silentLogger,
  metrics: nullMetrics,
};

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const bytes = (s: string) => Buffer.from(s);

interface Stand {
  readonly grpc: GrpcServer;
  readonly web: http.Server;
  readonly listening: Listening;
  readonly port: number;
  readonly log: string[];
  /** Answers the calls of "Never" after all. */
  release(): void;
}

let stands: Stand[] = [];

async function stand(options: GrpcServerOptions = {}, door: Partial<DoorOptions> = {}, secure = false): Promise<Stand> {
  const grpc = new GrpcServer(env, options, [gzip]);
  const log: string[] = [];
  const held: ((reply: Uint8Array) => void)[] = [];
  grpc.register("t.S", "Echo", { kind: "unary", handler: (_call, request) => request });
  grpc.register("t.S", "Who", {
    kind: "unary",
    handler: async (call) => bytes(`${call.metadata.get("who")} ${call.peer.encrypted ?? false}`),
  });
  grpc.register("t.S", "Never", {
    kind: "unary",
    handler: (call) => {
      log.push("never");
      call.onCancel = (why) => log.push(`cancelled ${why.code}`);
      return new Promise<Uint8Array>((resolve) => held.push(resolve));
    },
  });
  grpc.register("t.S", "Fail", {
    kind: "unary",
    handler: () => {
      throw Object.assign(new Error("nö: 100%"), { code: Code.FailedPrecondition });
    },
  });
  grpc.register("t.S", "Flood", {
    kind: "serverStream",
    handler: async (stream, request) => {
      const size = Number(text(request));
      for (let i = 0; i < 2000 && !stream.cancelled; i++) {
        stream.send(Buffer.alloc(size, i));
        if (!stream.writable()) {
          await new Promise<void>((resolve) => {
            stream.onDrain = resolve;
          });
        }
      }
      stream.end();
    },
  });
  grpc.register("t.S", "Reuse", {
    kind: "serverStream",
    handler: async (stream) => {
      // Two pieces of memory in turn for messages that all differ.
      const pieces = [0, 1].map(() => ({ memory: Buffer.alloc(100_000), free: Promise.resolve() }));
      for (let i = 0; i < 300; i++) {
        const piece = pieces[i % 2]!;
        await piece.free;
        piece.memory.fill(i);
        stream.send([Buffer.from([i & 0xff]), piece.memory]);
        piece.free = new Promise((resolve) => stream.whenSent(resolve));
      }
      stream.end();
    },
  });
  grpc.register("t.S", "Talk", {
    kind: "bidi",
    handler: (stream) => {
      stream.onMessage = (message) => stream.send(message);
      stream.onEnd = () => stream.end();
    },
  });
  const web = http.createServer((request, response) => {
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on("end", () => response.end(`${request.method} ${request.url} ${size}`));
  });
  const listening = await serve(
    { grpc, http: web, env, ...door },
    { host: "127.0.0.1", port: 0 },
    secure ? { key: tlsKey, cert: tlsCert } : undefined,
  );
  const release = () => {
    for (const answer of held.splice(0)) answer(bytes("after all"));
  };
  const made = { grpc, web, listening, port: listening.port, log, release };
  stands.push(made);
  return made;
}

afterEach(async () => {
  for (const { grpc, web, listening } of stands) {
    await listening.stopListening();
    await grpc.close();
    web.closeAllConnections();
    listening.door.destroy();
  }
  stands = [];
});

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it never came true that ${what}`);
}

/** Sends raw bytes and gathers what comes back until the server closes or `enough`. */
function rawTalk(
  port: number,
  pieces: readonly (string | Uint8Array)[],
  enough: (seen: string) => boolean,
): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    let seen = "";
    const finish = () => {
      socket.destroy();
      resolve(seen);
    };
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      if (enough(seen)) finish();
    });
    socket.on("close", finish);
    socket.on("error", finish);
    const send = (i: number) => {
      if (i === pieces.length) return;
      socket.write(pieces[i]!, () => setTimeout(() => send(i + 1), 5));
    };
    socket.on("connect", () => send(0));
  });
}

describe("one port", () => {
  it("speaks gRPC and HTTP/1.1", async () => {
    const { port } = await stand();
    const client = await connect(env, { host: "127.0.0.1", port });
    expect(text(await client.unary("/t.S/Echo", bytes("hello")))).toBe("hello");
    const answer = await fetch(`http://127.0.0.1:${port}/some/path`, { method: "POST", body: "x".repeat(100_000) });
    expect(await answer.text()).toBe("POST /some/path 100000");
    client.close();
  });

  it("tells the protocols apart whatever the pieces", async () => {
    const { port } = await stand();
    const request = "PUT /p HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
    expect(await rawTalk(port, [...request], (seen) => seen.includes("PUT /p 2"))).toContain("200 OK");
    // POST and PRI share their first letter.
    expect(
      await rawTalk(port, ["P", "O", "ST /q HTTP/1.1\r\nhost: x\r\n\r\n"], (s) => s.includes("POST /q 0")),
    ).toContain("200 OK");
    const preface = ["P", "R", "I * HTTP/2.0\r\n\r\nSM", "\r\n\r\n", new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0])];
    const settings = await rawTalk(port, preface, (seen) => seen.length >= 9);
    expect(settings.charCodeAt(3)).toBe(4);
  });

  it("knows them by their first bytes", () => {
    const seen = (s: string) => protocolOf(bytes(s));
    for (const start of ["P", "PR", "PRI", "G", "PROPFIN", "", "get / HTTP/1.", "FOO x"]) {
      expect(seen(start), start).toBe("unknown yet");
    }
    expect(["PRI ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"].map(seen)).toEqual(["http2", "http2"]);
    expect(["GET / HTTP/1.1\r\n", "PROPFIND /x"].map(seen)).toEqual(["http1", "http1"]);
    // Whatever its method, and whether node:http serves it: a request.
    expect(["FOO / HTTP/1.1\r\n", "get /x HTTP/1.0\n"].map(seen)).toEqual(["http1", "http1"]);
    for (const start of [
      "INVALID CONNECTION PREFACE\r\n\r\n",
      "PRO x\n",
      "FOO / HTTP/2.0\r\n",
      `FOO /${"x".repeat(4096)}`,
      `${"F".repeat(33)} / HTTP/1.1\r\n`,
      `\x16\x03\x01${"x".repeat(50)}`,
    ]) {
      expect(seen(start), start).toBe("neither");
    }
  });

  it("gives up on a socket that says nothing", async () => {
    // Of its own accord it would only after five minutes, which no test is given.
    const { port } = await stand({}, { firstBytesTimeoutMs: 50 });
    expect(await rawTalk(port, ["P"], () => false)).toBe("");
  });

  it("does both over TLS, with ALPN and without", async () => {
    const { port } = await stand({}, {}, true);
    const client = await connect(env, { host: "127.0.0.1", port, tls: { ca: tlsCert }, metadata: [["who", "tls"]] });
    expect(text(await client.unary("/t.S/Who", bytes("")))).toBe("tls true");
    client.close();
    const https = await import("node:https");
    const seen = await new Promise<string>((resolve, reject) => {
      https
        .get({ host: "127.0.0.1", port, path: "/tls", ca: tlsCert, agent: false }, (response) => {
          let all = "";
          response.on("data", (chunk) => {
            all += chunk;
          });
          response.on("end", () => resolve(all));
        })
        .on("error", reject);
    });
    expect(seen).toBe("GET /tls 0");
    await expect(connect(env, { host: "127.0.0.1", port, tls: {} })).rejects.toThrow(
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    );
  });

  it("takes any bytes at all without harm", async () => {
    const { port, grpc } = await stand();
    let seed = 7;
    const noise = (length: number) =>
      Uint8Array.from({ length }, () => {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        return seed >>> 16;
      });
    const preface = bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const garbage = noise(2000);
        return rawTalk(port, [i % 2 === 0 ? garbage : Buffer.concat([preface, garbage])], () => false);
      }),
    );
    const client = await connect(env, { host: "127.0.0.1", port });
    expect(text(await client.unary("/t.S/Echo", bytes("still here")))).toBe("still here");
    client.close();
    await until("all connections are closed", () => grpc.connections === 0);
  });
});

describe("other requests over HTTP/2", () => {
  const ask = (session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, body?: Buffer) =>
    new Promise<{ status: number; body: string; type: string | undefined }>((resolve, reject) => {
      const stream = session.request(headers, { endStream: body === undefined });
      let status = 0;
      let type: string | undefined;
      const chunks: Buffer[] = [];
      stream.on("response", (head) => {
        status = Number(head[":status"]);
        type = head["content-type"];
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => resolve({ status, type, body: Buffer.concat(chunks).toString() }));
      stream.on("error", reject);
      if (body !== undefined) stream.end(body);
    });

  it("are served by the HTTP/1.1 server", async () => {
    const { port } = await stand({}, {}, true);
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: tlsCert });
    const json = { ":method": "POST", ":path": "/v3/kv/put", "content-type": "application/json" };
    const answers = await Promise.all([
      ask(session, { ":path": "/health" }),
      ask(session, json, Buffer.alloc(3_000_000)),
      ask(session, { ":method": "DELETE", ":path": "/x?y=z" }),
    ]);
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual([
      "200 GET /health 0",
      "200 POST /v3/kv/put 3000000",
      "200 DELETE /x?y=z 0",
    ]);
    session.destroy();
  });

  it("may answer at length, and be given up", async () => {
    const { port, web } = await stand();
    let gone = 0;
    web.removeAllListeners("request");
    web.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      response.on("close", () => {
        if (!response.writableFinished) gone++;
      });
      if (request.url === "/large") response.end(Buffer.alloc(20_000_000, "a"));
      else response.write("first");
    });
    const session = http2.connect(`http://127.0.0.1:${port}`);
    expect((await ask(session, { ":path": "/large" })).body).toHaveLength(20_000_000);
    const hanging = session.request({ ":path": "/hang" });
    await new Promise((resolve) => hanging.once("data", resolve));
    hanging.close(http2.constants.NGHTTP2_CANCEL);
    await until("the handler saw it go", () => gone === 1);
    session.destroy();
  });

  it("arrive whatever their heads say, or are reset; nothing they say ends the process", async () => {
    const { port } = await stand();
    const of = (method: string, path: string, ...more: HeaderList): HeaderList => [
      [":method", method],
      [":scheme", "http"],
      [":path", path],
      [":authority", "localhost"],
      ...more,
    ];
    const outcomes: [HeaderList, string | undefined, string][] = [
      [of("GET", "/a b"), undefined, "GET /a%20b 0"],
      [of("GET", "/", ["trailer", "x"]), undefined, "GET / 0"],
      [of("POST", "/", ["trailer", "x"], ["content-length", "4"]), "body", "POST / 4"],
      // A body without a length is framed whatever the method, so that it is not taken for a second request.
      [of("GET", "/"), "GET /second HTTP/1.1\r\nhost: x\r\n\r\n", "GET / 33"],
      [of("DELETE", "/"), "body", "DELETE / 4"],
      [of("POST", "/", ["expect", "100-continue"]), "body", "POST / 4"],
      [of("POST", "/", ["host", "other"]), "body", "POST / 4"],
      [of("GET", "/\x01"), undefined, "RST_STREAM 1 PROTOCOL_ERROR"],
      [of("GET", "/\x01"), "body", "RST_STREAM 1 PROTOCOL_ERROR"],
      [of("G T", "/"), undefined, "RST_STREAM 1 PROTOCOL_ERROR"],
      [of("GET", "/", ["x", "a\x01b"]), undefined, "RST_STREAM 1 PROTOCOL_ERROR"],
      // The HTTP/1 server's own word for what it cannot read, with nothing in it.
      [of("NOSUCH", "/"), undefined, ""],
      [of("GET", "/\xfc"), undefined, ""],
      [
        [
          [":method", "CONNECT"],
          [":authority", "localhost:1"],
        ],
        undefined,
        "RST_STREAM 1 INTERNAL_ERROR",
      ],
    ];
    for (const [head, body, outcome] of outcomes) {
      const sent = [preface, settings(), headers(1, body === undefined, head)];
      if (body !== undefined) sent.push(data(1, true, body));
      const over = (seen: string) => {
        const frames = parseFrames(Buffer.from(seen, "latin1"));
        const last = frames.at(-1);
        return last?.streamId === 1 && (last.type === 3 || (last.flags & 1) !== 0);
      };
      const seen = await rawTalk(port, [Buffer.concat(sent)], over);
      const frames = parseFrames(Buffer.from(seen, "latin1")).filter((one) => one.streamId === 1);
      const reset = frames.find((one) => one.type === 3);
      const told =
        reset !== undefined
          ? describeFrame(reset)
          : frames.map(({ type, payload }) => (type === 0 ? payload.toString("latin1") : "")).join("");
      expect(told, String(head)).toBe(outcome);
    }
  });

  it("are refused in words where there is no HTTP server", async () => {
    const { port } = await stand({}, { http: undefined });
    const session = http2.connect(`http://127.0.0.1:${port}`);
    expect(await ask(session, { ":path": "/health" })).toEqual({
      status: 415,
      type: "text/plain; charset=utf-8",
      body: 'invalid gRPC request content-type ""\n',
    });
    session.destroy();
  });
});

describe("an answer that is complete before its request", () => {
  const fields: HeaderList = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/early"],
    [":authority", "localhost"],
  ];
  /** Trailers, which end their request. */
  const trailers = (...list: HeaderList) => frame(1, 5, 1, prepareHeaders(list).bytes);
  const answer = ["HEADERS 1", "DATA 1 5"];
  const cleanEnd = ["DATA 1 0 end", "RST_STREAM 1 NO_ERROR"];

  /** A client whose request was answered and has not ended; the server's clock stands still. */
  async function answered(head: HeaderList = fields) {
    const time = new ManualTime();
    const { port, web, grpc } = await stand(
      {},
      { env: { ...env, scheduler: { ...env.scheduler, after: (ms, run) => time.after(ms, run) } } },
    );
    let closed = 0;
    web.removeAllListeners("request");
    web.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      request.resume();
      response.on("close", () => closed++);
      response.end("early");
    });
    const socket = net.connect({ host: "127.0.0.1", port });
    let seen = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      seen = Buffer.concat([seen, chunk]);
    });
    let ended = false;
    socket.on("close", () => {
      ended = true;
    });
    /** What the server said of stream 1 and of the connection's end, without greetings. */
    const frames = () => {
      let whole = 0;
      while (whole + 9 <= seen.length && whole + 9 + seen.readUIntBE(whole, 3) <= seen.length) {
        whole += 9 + seen.readUIntBE(whole, 3);
      }
      const told = parseFrames(seen.subarray(0, whole)).map(describeFrame);
      return told.filter((line) => !/^(SETTINGS|WINDOW_UPDATE|PING)/.test(line));
    };
    const told = async (...lines: string[]) => {
      await until(`${lines} was told`, () => frames().length >= lines.length);
      // What the server would say besides stands before the answer to this.
      const before = seen.length;
      if (!lines.some((line) => line.startsWith("GOAWAY"))) {
        socket.write(frame(6, 0, 0, Buffer.alloc(8)));
        await until("a ping was answered", () => seen.length > before);
      }
      expect(frames()).toEqual(lines);
    };
    socket.write(Buffer.concat([preface, settings(), headers(1, false, head)]));
    await told(...answer);
    // The limit on the first bytes is gone, so that what waits is the answer's end alone.
    await until("the answer waits", () => time.pending === 1);
    return { socket, time, told, grpc, closed: () => closed, ended: () => ended };
  }

  it("waits for the rest of it, and ends with it", async () => {
    const { socket, time, told } = await answered();
    time.advance(249);
    socket.write(data(1, false, "more"));
    await told(...answer);
    socket.write(data(1, true, "and the last"));
    await told(...answer, "DATA 1 0 end");
    expect(time.pending).toBe(0);
    socket.destroy();
  });

  it("ends with proper trailers, too", async () => {
    const { socket, time, told } = await answered();
    socket.write(trailers(["checksum", "1"]));
    await told(...answer, "DATA 1 0 end");
    expect(time.pending).toBe(0);
    socket.destroy();
  });

  it("ends by itself when the request does not, and the rest is then ignored", async () => {
    const { socket, time, told, closed } = await answered();
    time.advance(249);
    await told(...answer);
    time.advance(1);
    await told(...answer, ...cleanEnd);
    expect(time.pending).toBe(0);
    expect(closed()).toBe(1);
    socket.write(Buffer.concat([data(1, false, "late"), trailers([":path", "/"])]));
    await told(...answer, ...cleanEnd);
    socket.write(headers(3, true, fields));
    await told(...answer, ...cleanEnd, "HEADERS 3", "DATA 3 5", "DATA 3 0 end");
    socket.destroy();
  });

  const faults: [string, HeaderList, Buffer, string][] = [
    ["trailers with a pseudo-header", fields, trailers([":path", "/"]), "PROTOCOL_ERROR"],
    ["trailers with a name in capitals", fields, trailers(["Checksum", "1"]), "PROTOCOL_ERROR"],
    ["trailers that do not end the request", fields, headers(1, false, [["checksum", "1"]]), "PROTOCOL_ERROR"],
    [
      "more than content-length promised",
      [...fields, ["content-length", "3"]],
      data(1, false, "four"),
      "PROTOCOL_ERROR",
    ],
    ["less than content-length promised", [...fields, ["content-length", "3"]], data(1, true, "2"), "PROTOCOL_ERROR"],
    ["a window opened by nothing", fields, frame(8, 0, 1, Buffer.alloc(4)), "PROTOCOL_ERROR"],
  ];
  for (const [what, head, rest, code] of faults) {
    it(`tells a fault of the stream: ${what}`, async () => {
      const { socket, time, told } = await answered(head);
      time.advance(249);
      socket.write(rest);
      await told(...answer, `RST_STREAM 1 ${code}`);
      // Nothing is left that could speak of the stream again.
      expect(time.pending).toBe(0);
      time.advance(10_000);
      await told(...answer, `RST_STREAM 1 ${code}`);
      socket.destroy();
    });
  }

  it("tells a fault of the connection: DATA padded beyond its frame", async () => {
    const { socket, time, told, grpc, ended } = await answered();
    time.advance(249);
    socket.write(frame(0, 8, 1, [9, 1, 2]));
    await told(...answer, "GOAWAY 1 PROTOCOL_ERROR");
    socket.end();
    await until("the connection is closed", ended);
    await until("the server let go of it", () => grpc.connections === 0);
    expect(time.pending).toBe(0);
  });

  it("is forgotten when the client gives it up or leaves", async () => {
    const gaveUp = await answered();
    gaveUp.socket.write(frame(3, 0, 1, [0, 0, 0, 8]));
    await until("nothing waits", () => gaveUp.time.pending === 0);
    await gaveUp.told(...answer);
    gaveUp.socket.destroy();
    const left = await answered();
    left.socket.destroy();
    await until("nothing waits", () => left.time.pending === 0);
  });
});

describe("sockets", () => {
  it("carry thousands of calls at once", async () => {
    const { port, grpc } = await stand();
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(env, { host: "127.0.0.1", port })));
    const calls = Array.from({ length: 4000 }, (_, i) => clients[i % 8]!.unary("/t.S/Echo", bytes(`c${i}`)));
    expect((await Promise.all(calls)).map(text)).toEqual(Array.from({ length: 4000 }, (_, i) => `c${i}`));
    expect(grpc.connections).toBe(8);
    for (const client of clients) client.shutdown();
    await until("the server saw them go", () => grpc.connections === 0);
  });

  it("hold back a stream whose reader is slow, and bound what waits", async () => {
    const { port, listening } = await stand();
    const client = await connect(env, { host: "127.0.0.1", port });
    let received = 0;
    let count = 0;
    await new Promise<void>((resolve, reject) => {
      const stream = client.stream("/t.S/Flood", {
        onMessage(message) {
          received += message.length;
          if (++count % 100 !== 0) return;
          stream.pauseReading();
          setTimeout(() => stream.resumeReading(), 2);
        },
        onEnd: (status) => (status.code === 0 ? resolve() : reject(new Error(status.message))),
      });
      stream.send(bytes("30000"));
      stream.closeSend();
    });
    expect(received).toBe(2000 * 30_000);
    expect(listening.door.sockets).toBe(1);
    client.close();
  });

  it.each([false, true])("tell when memory may be used again, over TLS: %s", async (secure) => {
    const { port } = await stand({}, {}, secure);
    const tls = secure ? { ca: tlsCert, servername: "localhost" } : undefined;
    const client = await connect(env, { host: "127.0.0.1", port, ...(tls === undefined ? {} : { tls }) });
    let count = 0;
    const wrong: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const stream = client.stream("/t.S/Reuse", {
        onMessage(message) {
          const value = count++ & 0xff;
          if (message.length !== 100_001 || message.some((byte) => byte !== value)) wrong.push(count);
          if (count % 7 !== 0) return;
          stream.pauseReading();
          setTimeout(() => stream.resumeReading(), 3);
        },
        onEnd: (status) => (status.code === 0 ? resolve() : reject(new Error(status.message))),
      });
      stream.send(bytes(""));
      stream.closeSend();
    });
    expect([count, wrong]).toEqual([300, []]);
    client.close();
  });

  it("tell handlers when the client is gone", async () => {
    const { port, log } = await stand();
    const client = await connect(env, { host: "127.0.0.1", port });
    const call = client.unary("/t.S/Never", bytes("")).catch((error: unknown) => error);
    await until("the call arrived", () => log.length === 1);
    client.close();
    await call;
    await until("the handler was told", () => log.length === 2);
    expect(log).toEqual(["never", "cancelled 1"]);
  });

  it("end with the server, at once or when the calls are done", async () => {
    const { port, grpc, log, release } = await stand();
    const [waiting, idle] = [
      await connect(env, { host: "127.0.0.1", port }),
      await connect(env, { host: "127.0.0.1", port }),
    ];
    const closed = [waiting, idle].map(
      (client) =>
        new Promise<void>((resolve) => {
          client.onClosed = () => resolve();
        }),
    );
    const call = waiting.unary("/t.S/Never", bytes(""));
    await until("the call arrived", () => log.length === 1);
    const stopping = grpc.stop();
    await closed[1];
    await until("the idle one is gone", () => grpc.connections === 1);
    release();
    expect(text(await call)).toBe("after all");
    await Promise.all([stopping, ...closed]);
    await until("the other is gone, too", () => grpc.connections === 0);
  });

  it("do not stand with a server that drops them before its first word", async () => {
    const rude = net.createServer((socket) => void socket.once("data", () => socket.destroy()));
    rude.listen(0, "127.0.0.1");
    await once(rude, "listening");
    try {
      const { port } = rude.address() as net.AddressInfo;
      await expect(connect(env, { host: "127.0.0.1", port })).rejects.toThrow();
    } finally {
      rude.close();
    }
  });

  it("are refused in words when nobody listens", async () => {
    await expect(connect(env, { host: "127.0.0.1", port: 1 })).rejects.toThrow(
      "dial tcp 127.0.0.1:1: connect: connection refused",
    );
  });
});

describe("foreign clients", () => {
  it("node:http2", async () => {
    const { port } = await stand();
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/t.S/Echo",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const head = new Promise<http2.IncomingHttpHeaders>((resolve) => stream.on("response", resolve));
    const trailers = new Promise<http2.IncomingHttpHeaders>((resolve) => stream.on("trailers", resolve));
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.write(Buffer.from([0, 0, 0]));
    stream.end(Buffer.from([0, 2, 104, 105]));
    expect(await head).toMatchObject({ ":status": 200, "content-type": "application/grpc" });
    expect(await trailers).toMatchObject({ "grpc-status": "0" });
    expect([...Buffer.concat(chunks)]).toEqual([0, 0, 0, 0, 2, 104, 105]);
    session.destroy();
  });

  // @grpc/grpc-js comes with the etcd3 package that the end-to-end tests use.
  interface GrpcJs {
    readonly credentials: { createInsecure(): unknown };
    readonly Metadata: new () => { add(name: string, value: string): void };
    readonly Client: new (
      target: string,
      credentials: unknown,
      options?: unknown,
    ) => {
      makeUnaryRequest(
        path: string,
        encode: (b: Buffer) => Buffer,
        decode: (b: Buffer) => Buffer,
        request: Buffer,
        metadata: unknown,
        options: unknown,
        done: (error: { code: number; details: string } | null, reply?: Buffer) => void,
      ): { cancel(): void };
      makeServerStreamRequest(
        path: string,
        encode: (b: Buffer) => Buffer,
        decode: (b: Buffer) => Buffer,
        request: Buffer,
      ): NodeJS.EventEmitter;
      makeBidiStreamRequest(
        path: string,
        encode: (b: Buffer) => Buffer,
        decode: (b: Buffer) => Buffer,
      ): NodeJS.EventEmitter & { write(b: Buffer): void; end(): void };
      close(): void;
    };
  }

  it("@grpc/grpc-js", async () => {
    const require = createRequire(import.meta.url);
    const grpcJs = createRequire(require.resolve("etcd3"))("@grpc/grpc-js") as GrpcJs;
    const { port, log } = await stand();
    const same = (b: Buffer) => b;
    for (const compression of [0, 2]) {
      const client = new grpcJs.Client(`127.0.0.1:${port}`, grpcJs.credentials.createInsecure(), {
        "grpc.default_compression_algorithm": compression,
        "grpc.max_receive_message_length": -1,
      });
      const unary = (path: string, request: Buffer, options = {}) =>
        new Promise<string | { code: number; details: string }>((resolve) => {
          const metadata = new grpcJs.Metadata();
          metadata.add("who", "grpc-js");
          client.makeUnaryRequest(path, same, same, request, metadata, options, (error, reply) =>
            resolve(error === null ? text(reply!) : { code: error.code, details: error.details }),
          );
        });
      expect(await unary("/t.S/Who", bytes(""))).toBe("grpc-js false");
      const large = "large ".repeat(200_000);
      expect(await unary("/t.S/Echo", bytes(large))).toBe(large);
      expect(await unary("/t.S/Fail", bytes(""))).toEqual({ code: 9, details: "nö: 100%" });
      expect(await unary("/t.S/Nope", bytes(""))).toEqual({ code: 12, details: "unknown method Nope for service t.S" });
      expect(await unary("/t.S/Never", bytes(""), { deadline: Date.now() + 500 })).toMatchObject({ code: 4 });
      expect(await unary("/t.S/Echo", Buffer.alloc(2_500_000))).toEqual({
        code: 8,
        details:
          compression === 0
            ? "grpc: received message larger than max (2500000 vs. 2097152)"
            : "grpc: received message after decompression larger than max 2097152",
      });
      const got: string[] = [];
      await new Promise<void>((resolve) => {
        const talk = client.makeBidiStreamRequest("/t.S/Talk", same, same);
        talk.on("data", (message: Buffer) => {
          got.push(text(message));
          if (got.length === 3) talk.end();
        });
        talk.on("end", resolve);
        for (const word of ["one", "two", "three".repeat(1000)]) talk.write(bytes(word));
      });
      expect(got).toEqual(["one", "two", "three".repeat(1000)]);
      let flood = 0;
      await new Promise<void>((resolve) => {
        const stream = client.makeServerStreamRequest("/t.S/Flood", same, same, bytes("1000"));
        stream.on("data", (message: Buffer) => {
          flood += message.length;
        });
        stream.on("end", resolve);
      });
      expect(flood).toBe(2_000_000);
      client.close();
    }
    // A call whose time was over before it left never arrives: each that did was told of its end.
    const arrived = log.filter((line) => line === "never").length;
    await until("deadlines were told", () => log.filter((line) => line.startsWith("cancelled")).length === arrived);
    expect(arrived).toBeGreaterThan(0);
  });
});
