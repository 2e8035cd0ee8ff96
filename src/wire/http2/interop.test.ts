/** Against Node's own HTTP/2 (nghttp2), both ways, over real sockets. */
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
} from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Recorder, requestFields } from "../../../test/harness/http2.ts";
import { Http2Connection } from "./connection.ts";
import { type Http2Options, http2Options } from "./options.ts";
import { prepareHeaders } from "./prepared.ts";
import type { Http2Stream } from "./types.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function attach(
  role: "server" | "client",
  socket: Socket,
  handler: Recorder,
  options: Partial<Http2Options>,
): Http2Connection {
  const connection = new Http2Connection(
    role,
    handler,
    {
      write(pieces) {
        for (const piece of pieces) socket.write(piece);
        return socket.writableLength < 64 * 1024;
      },
      dirty: () => setImmediate(() => connection.flush()),
      end: () => socket.end(),
    },
    http2Options(options),
  );
  connection.flush();
  socket.setNoDelay(true);
  socket.on("data", (chunk) => connection.receive(chunk));
  socket.on("drain", () => connection.resume());
  socket.on("error", () => {});
  socket.on("close", () => connection.transportClosed());
  return connection;
}

async function listening(server: Server | Http2Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

async function nodeClient(handler: Recorder, options: Partial<Http2Options> = {}): Promise<ClientHttp2Session> {
  const port = await listening(
    createServer((socket) => {
      attach("server", socket, handler, options);
    }),
  );
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  cleanups.push(() => session.destroy());
  return session;
}

async function nodeServer(setUp: (server: Http2Server) => void): Promise<[Http2Connection, Recorder]> {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: 10, initialWindowSize: 30_000 } });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  setUp(server);
  const port = await listening(server);
  const socket = connect(port, "127.0.0.1");
  const handler = new Recorder();
  const connection = attach("client", socket, handler, { encoderTableBytes: 4096 });
  cleanups.push(() => {
    socket.destroy();
    for (const session of sessions) session.destroy();
  });
  return [connection, handler];
}

/** A body of `bytes` bytes that is not the same anywhere. */
function body(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) buffer.writeUInt32LE(i, i);
  return buffer;
}

const head = prepareHeaders([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
const trailers = prepareHeaders([["grpc-status", "0"]]);

describe("Node's client, our server", () => {
  test("echo of bodies of all sizes, trailers, many streams at once", async () => {
    const handler = new Recorder();
    const bodies = new Map<Http2Stream, Uint8Array[]>();
    handler.headers = (stream) => bodies.set(stream, []);
    handler.data = (stream, chunk, endStream) => {
      const pieces = bodies.get(stream)!;
      pieces.push(chunk);
      if (endStream) stream.sendUnary(head, pieces[0]!, pieces.slice(1), trailers);
    };
    const session = await nodeClient(handler, { streamWindowBytes: 100_000, connectionWindowBytes: 150_000 });
    const sizes = [1, 100, 8192, 8193, 16384, 65535, 65536, 300_000, 2_000_000];
    await Promise.all(
      sizes.map(async (bytes) => {
        const sent = body(bytes);
        const request = session.request({ ":method": "POST", ":path": `/${bytes}` });
        request.end(sent);
        const received: Buffer[] = [];
        request.on("data", (chunk: Buffer) => received.push(chunk));
        const status = new Promise((resolve) => request.on("response", (fields) => resolve(fields[":status"])));
        const ended = new Promise((resolve) => request.on("trailers", (fields) => resolve(fields["grpc-status"])));
        await new Promise((resolve, reject) => {
          request.on("end", resolve);
          request.on("error", reject);
        });
        expect(await status).toBe(200);
        expect(await ended).toBe("0");
        expect(Buffer.concat(received).equals(sent)).toBe(true);
      }),
    );
    expect(handler.error).toBeUndefined();
  });

  test("a large answer read slowly, settings, ping and reset", async () => {
    const handler = new Recorder();
    const whole = body(5_000_000);
    handler.headers = (stream, fields) => {
      stream.sendHeaders(head, false);
      if (fields.some(([, value]) => value === "/large")) stream.sendData([whole], true);
    };
    const session = await nodeClient(handler);
    await new Promise<void>((resolve) =>
      session.settings({ initialWindowSize: 1000, headerTableSize: 0 }, () => resolve()),
    );
    const request = session.request({ ":path": "/large" });
    await new Promise<void>((resolve, reject) => {
      session.ping((error) => (error === null ? resolve() : reject(error)));
    });
    const received: Buffer[] = [];
    for await (const chunk of request) received.push(chunk as Buffer);
    expect(Buffer.concat(received).equals(whole)).toBe(true);

    const reset = new Promise<number>((resolve) => {
      handler.reset = (_, code) => resolve(code);
    });
    const hanging = session.request({ ":path": "/hang" });
    hanging.on("error", () => {});
    hanging.on("response", () => hanging.close(8));
    expect(await reset).toBe(8);
  });
});

describe("our client, Node's server", () => {
  test("requests with bodies, within the server's limits", async () => {
    const [connection, handler] = await nodeServer((server) => {
      server.on("stream", (stream) => {
        const pieces: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => pieces.push(chunk));
        stream.on("end", () => {
          stream.respond({ ":status": 200 }, { waitForTrailers: true });
          stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
          stream.end(Buffer.concat(pieces));
        });
      });
    });
    const sizes = [1, 1000, 30_000, 30_001, 70_000, 1_000_000];
    const finished = new Promise<void>((resolve) => {
      let open = sizes.length;
      handler.headers = (_, __, endStream) => {
        if (endStream && --open === 0) resolve();
      };
    });
    const sent = sizes.map((bytes): [Http2Stream, Buffer] => {
      const stream = connection.request(requestFields, false);
      const whole = body(bytes);
      stream.sendData([whole], true);
      return [stream, whole];
    });
    await finished;
    for (const [stream, whole] of sent) {
      expect(handler.body(stream.id).equals(whole)).toBe(true);
      expect(stream.closed).toBe(true);
    }
    expect(connection.openStreams).toBe(0);
  });

  test("the server goes away", async () => {
    const [connection, handler] = await nodeServer((server) => {
      server.on("stream", (stream) => {
        stream.respond({ ":status": 200 });
        stream.session?.close();
        stream.end("last");
      });
    });
    const closed = new Promise<void>((resolve) => {
      handler.onClose = () => resolve();
    });
    const stream = connection.request(requestFields, true);
    await closed;
    expect(handler.body(stream.id).toString()).toBe("last");
    expect(handler.events.some((event) => event.startsWith("goaway"))).toBe(true);
    expect(connection.closed).toBe(true);
  });
});
