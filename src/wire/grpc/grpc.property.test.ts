import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Code } from "../../base/index.ts";
import { GrpcServer, gzip } from "./index.ts";
import { MemoryPipe, manualEnv } from "./testing.ts";

function echoServer(env = manualEnv()): {
  env: ReturnType<typeof manualEnv>;
  server: GrpcServer;
  handled: () => number;
} {
  const server = new GrpcServer(env, { receiveBytesMax: 50_000 }, [gzip]);
  let handled = 0;
  server.register("p.S", "Unary", {
    kind: "unary",
    handler: (_call, request) => {
      handled++;
      return request.length % 2 === 0 ? request : Promise.resolve([request.subarray(0, 1), request.subarray(1)]);
    },
  });
  server.register("p.S", "Bidi", {
    kind: "bidi",
    handler: (stream) => {
      handled++;
      stream.onMessage = (message) => stream.send(message);
      stream.onEnd = () => stream.end();
    },
  });
  return { env, server, handled: () => handled };
}

const message = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.nat(40_000).map((size) => new Uint8Array(size).fill(size)),
);
const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 20_000 })), { maxLength: 4 });

describe("any conversation", () => {
  it("comes back whole, however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.array(message, { minLength: 1, maxLength: 4 })), { maxLength: 5 }),
        cuts,
        async (calls, sizes) => {
          const { env, server } = echoServer();
          const pipe = new MemoryPipe(server, env, {
            cuts: sizes.some((size) => size > 100) ? sizes : [...sizes, 5000],
          });
          const results = await pipe.run(
            Promise.all(
              calls.map(([unary, messages]) => {
                if (unary) return pipe.client.unary("/p.S/Unary", messages[0]!).then((reply) => [reply]);
                return new Promise<Uint8Array[]>((resolve, reject) => {
                  const got: Uint8Array[] = [];
                  const stream = pipe.client.stream("/p.S/Bidi", {
                    onMessage: (bytes) => got.push(bytes),
                    onEnd: (status) => (status.code === Code.OK ? resolve(got) : reject(new Error(status.message))),
                  });
                  for (const bytes of messages) stream.send(bytes);
                  stream.closeSend();
                });
              }),
            ),
          );
          const wanted = calls.map(([unary, messages]) => (unary ? messages.slice(0, 1) : messages));
          expect(results.map((list) => list.map((bytes) => Buffer.from(bytes).toString("base64")))).toEqual(
            wanted.map((list) => list.map((bytes) => Buffer.from(bytes).toString("base64"))),
          );
          pipe.client.close();
          await pipe.settle();
          pipe.server.transportClosed();
          env.time.advance(50);
          expect(env.time.pending).toBe(0);
        },
      ),
      { numRuns: 60, verbose: 1 },
    );
  });
});

/** The bytes that a well-behaved client sends for a few calls. */
async function recording(): Promise<Uint8Array> {
  const { env, server } = echoServer();
  const pipe = new MemoryPipe(server, env);
  const sent: Uint8Array[] = [];
  const write = pipe.toServer.write.bind(pipe.toServer);
  pipe.toServer.write = (pieces) => {
    sent.push(...pieces.map((piece) => Uint8Array.from(piece)));
    return write(pieces);
  };
  await pipe.run(pipe.client.unary("/p.S/Unary", Buffer.from("hello"), { timeoutMs: 1000, metadata: [["a", "b"]] }));
  const stream = pipe.client.stream("/p.S/Bidi", { onMessage: () => {}, onEnd: () => {} });
  stream.send(Buffer.alloc(300, "x"));
  stream.send(Buffer.from("y"));
  await pipe.settle();
  stream.closeSend();
  await pipe.settle();
  pipe.client.close();
  await pipe.settle();
  return Buffer.concat(sent);
}

describe("damaged bytes", () => {
  it("never throw, and leave nothing open once the connection is gone", async () => {
    const original = await recording();
    const damage = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("set"), at: fc.nat(original.length - 1), byte: fc.nat(255) }),
        fc.record({ kind: fc.constant("cut"), at: fc.nat(original.length - 1), byte: fc.nat(60) }),
        fc.record({ kind: fc.constant("repeat"), at: fc.nat(original.length - 1), byte: fc.nat(255) }),
      ),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(damage, fc.integer({ min: 1, max: 400 }), async (wounds, size) => {
        let bytes = Buffer.from(original);
        for (const { kind, at, byte } of wounds) {
          if (at >= bytes.length) continue;
          if (kind === "set") bytes[at] = byte;
          else if (kind === "cut") bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + byte)]);
          else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - byte))]);
        }
        const { env, server } = echoServer();
        let ended = false;
        let written = 0;
        const connection = server.accept(
          {
            write: (pieces) => {
              for (const piece of pieces) written += piece.length;
              return true;
            },
            dirty() {},
            end() {
              ended = true;
            },
          },
          { address: "damaged:1" },
        )!;
        for (let at = 0; at < bytes.length && !ended; at += size) {
          connection.receive(Uint8Array.from(bytes.subarray(at, at + size)));
          connection.flush();
        }
        for (let i = 0; i < 5; i++) await Promise.resolve();
        connection.flush();
        expect(written).toBeLessThan(200_000);
        connection.transportClosed();
        expect(server.connections).toBe(0);
        env.time.advance(10_050);
        expect(env.time.pending).toBe(0);
      }),
      { numRuns: 1500, verbose: 1 },
    );
  });
});
