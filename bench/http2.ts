/**
 * What `src/wire/http2` costs by itself, in one process and without a socket: nanoseconds of a call, bytes a second of
 * a stream. Sockets are measured with `http2-echo.ts` and h2load.
 *
 *     node build/bench/http2.js
 */
import {
  type HeaderList,
  Http2Connection,
  type Http2Handler,
  type Http2Output,
  type Http2Stream,
  http2Options,
  prepareHeaders,
} from "../src/wire/http2/index.ts";

const head = prepareHeaders([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
const trailers = prepareHeaders([["grpc-status", "0"]]);
const message = Buffer.alloc(64, 1);

class Pipe implements Http2Output {
  pieces: Uint8Array[] = [];
  bytes = 0;
  /** Bytes at which the far end counts as slow. */
  full = Number.POSITIVE_INFINITY;
  write(pieces: Uint8Array[]): boolean {
    for (const piece of pieces) {
      this.pieces.push(piece);
      this.bytes += piece.length;
    }
    return this.bytes < this.full;
  }
  take(): Uint8Array[] {
    const pieces = this.pieces;
    this.pieces = [];
    this.bytes = 0;
    return pieces;
  }
  dirty(): void {}
  end(): void {
    throw new Error("connection ended");
  }
}

const silent = { onReset() {}, onDrain() {}, onGoaway() {}, onClose() {} };

/** Requests as a gRPC client writes them. `fleeting` names one more field, whose value differs each time. */
function requests(count: number, fleeting: string | undefined): { greeting: Buffer; batches: Buffer[] } {
  const wire = new Pipe();
  const client = new Http2Connection(
    "client",
    { ...silent, onHeaders() {}, onData() {} },
    wire,
    http2Options({ encoderTableBytes: 4096 }),
  );
  client.flush();
  const greeting = Buffer.concat(wire.take());
  const fields: HeaderList = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/etcdserverpb.KV/Put"],
    [":authority", "localhost:2379"],
    ["content-type", "application/grpc"],
    ["user-agent", "grpc-go/1.71.0"],
    ["te", "trailers"],
  ];
  const batches: Buffer[] = [];
  for (let i = 0; i < count; ) {
    for (let n = 0; n < 100; n++, i++) {
      const list = fleeting === undefined ? fields : [...fields, [fleeting, `${4_000_000 + i}u`] as const];
      const stream = client.request(list, false);
      stream.sendData([Buffer.alloc(300)], true);
    }
    client.flush();
    batches.push(Buffer.concat(wire.take()));
    // As if answered: this client's window is of no interest here.
    const update = Buffer.from([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0x75, 0x30]);
    if (i === 100) client.receive(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    client.receive(update);
  }
  return { greeting, batches };
}

function calls(name: string, fleeting?: string): void {
  const count = 100_000;
  const { greeting, batches } = requests(count, fleeting);
  for (let round = 0; round < 4; round++) {
    const wire = new Pipe();
    const handler: Http2Handler = {
      ...silent,
      onHeaders() {},
      onData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean) {
        stream.consume(chunk.length);
        if (endStream) stream.sendUnary(head, message, [], trailers);
      },
    };
    const server = new Http2Connection("server", handler, wire, http2Options({ maxConcurrentStreams: 0xffffffff }));
    server.flush();
    server.receive(greeting);
    const window = Buffer.from([0, 0, 4, 8, 0, 0, 0, 0, 0, 0x3f, 0xff, 0, 0]);
    server.receive(window);
    const start = performance.now();
    for (const batch of batches) {
      server.receive(batch);
      server.flush();
      wire.take();
    }
    const ns = ((performance.now() - start) * 1e6) / count;
    if (round === 3) console.log(`${name.padEnd(44)} ${ns.toFixed(0).padStart(6)} ns a call`);
  }
}

/** One response streamed from an engine to another, both minding windows and a socket of 256 KiB. */
function stream(name: string, chunkBytes: number): void {
  const total = 512 * 1024 * 1024;
  const chunk = Buffer.alloc(chunkBytes, 1);
  for (let round = 0; round < 2; round++) {
    const toServer = new Pipe();
    const toClient = new Pipe();
    toClient.full = 256 * 1024;
    let sent = 0;
    let received = 0;
    const produce = (answer: Http2Stream): void => {
      while (sent < total && answer.bufferedBytes === 0) {
        sent += chunk.length;
        answer.sendData([chunk], sent >= total);
      }
    };
    const server = new Http2Connection(
      "server",
      {
        ...silent,
        onHeaders(answer: Http2Stream) {
          answer.sendHeaders(head, false);
          produce(answer);
        },
        onData() {},
        onDrain: produce,
      },
      toClient,
      http2Options(),
    );
    const client = new Http2Connection(
      "client",
      {
        ...silent,
        onHeaders() {},
        onData(answer: Http2Stream, piece: Uint8Array) {
          received += piece.length;
          answer.consume(piece.length);
        },
      },
      toServer,
      http2Options(),
    );
    client.flush();
    server.flush();
    const start = performance.now();
    client.request(
      [
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "/"],
      ],
      true,
    );
    while (received < total) {
      client.flush();
      for (const piece of toServer.take()) server.receive(piece);
      server.flush();
      for (const piece of toClient.take()) client.receive(piece);
      server.resume();
    }
    const seconds = (performance.now() - start) / 1000;
    if (round === 1) {
      console.log(
        `${name.padEnd(44)} ${(received / seconds / 2 ** 30).toFixed(1).padStart(6)} GiB a second, both ends`,
      );
    }
  }
}

calls("unary, header block repeated");
// Our encoder does not index grpc-timeout; grpc-go indexes everything, so its table moves on with each call.
calls("unary, a literal different each time", "grpc-timeout");
calls("unary, an indexed literal different each time", "x-timeout");
stream("response streamed in chunks of 1 KiB", 1024);
stream("response streamed in chunks of 32 KiB", 32 * 1024);
stream("response streamed in chunks of 1 MiB", 1024 * 1024);
