/**
 * A constant answer over `src/wire/http2` and `node:net`: what the engine alone can do, and what h2spec is run against.
 *
 *     node build/bench/http2-echo.js [port] [grpc]
 *     h2load -n 400000 -c 100 -m 10 http://127.0.0.1:PORT/
 *     h2spec -S -p PORT
 *
 * With `grpc` the answer has the shape of a unary gRPC answer: head, one message, trailers.
 */
import { createServer, type Socket } from "node:net";
import {
  type HeaderList,
  Http2Connection,
  type Http2Handler,
  type Http2Stream,
  http2Options,
  prepareHeaders,
} from "../src/wire/http2/index.ts";

const port = Number(process.argv[2] ?? 0);
const grpc = process.argv[3] === "grpc";

const body = Buffer.from("hello, world\n");
const plainHead = prepareHeaders([
  [":status", "200"],
  ["content-type", "text/plain"],
  ["content-length", String(body.length)],
]);
const grpcHead = prepareHeaders([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
const grpcTrailers = prepareHeaders([["grpc-status", "0"]]);
const message = Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), body]);

// One turn is one batch: every connection that has something to say is flushed once, after all input was read.
let dirty: Http2Connection[] = [];
function flushAll(): void {
  const connections = dirty;
  dirty = [];
  for (const connection of connections) connection.flush();
}

const options = http2Options({ maxConcurrentStreams: 100 });

function answer(stream: Http2Stream): void {
  if (grpc) {
    stream.sendUnary(grpcHead, message, [], grpcTrailers);
  } else {
    stream.sendHeaders(plainHead, false);
    stream.sendData([body], true);
  }
}

const handler: Http2Handler = {
  onHeaders(stream: Http2Stream, _headers: HeaderList, endStream: boolean): void {
    if (endStream) answer(stream);
  },
  onData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): void {
    stream.consume(chunk.length);
    if (endStream) answer(stream);
  },
  onReset(): void {},
  onDrain(): void {},
  onGoaway(): void {},
  onClose(): void {},
};

const connections = new Set<Http2Connection>();

const server = createServer((socket: Socket) => {
  socket.setNoDelay(true);
  const connection = new Http2Connection(
    "server",
    handler,
    {
      write(pieces: Uint8Array[]): boolean {
        if (pieces.length === 1) {
          socket.write(pieces[0]!);
        } else {
          socket.cork();
          for (const piece of pieces) socket.write(piece);
          socket.uncork();
        }
        return socket.writableLength < 1024 * 1024;
      },
      dirty(): void {
        if (dirty.push(connection) === 1) setImmediate(flushAll);
      },
      end(): void {
        socket.end();
      },
    },
    options,
  );
  connection.flush();
  connections.add(connection);
  socket.on("data", (chunk) => connection.receive(chunk));
  socket.on("drain", () => connection.resume());
  socket.on("error", () => {});
  socket.on("close", () => {
    connections.delete(connection);
    connection.transportClosed();
  });
});

const clock = setInterval(() => {
  for (const connection of connections) connection.checkTimeouts(performance.now());
}, 1000);
clock.unref();

server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  console.log(`listening on ${typeof address === "object" ? address?.port : port}`);
});

process.on("SIGTERM", () => {
  console.log(JSON.stringify(options.stats));
  process.exit(0);
});
