import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reply } from "../../wire/grpc/index.ts";
import { keyValue, rpc } from "../../wire/proto/index.ts";
import { encodeDeleteRange, encodePut, encodeRange, encodeRangeStream } from "./encode.ts";
import { HeaderEncoder } from "./header.ts";
import { reply } from "./testing.ts";
import { ReplyEncoder } from "./watch.ts";

/*
 * The hand-made encoders against the generated ones: the same bytes for any message.
 */

const ids = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const counter = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.nat(Number.MAX_SAFE_INTEGER));
const kv = fc
  .tuple(fc.string({ maxLength: 20 }), counter, fc.oneof(fc.nat(100), fc.nat(9000)))
  .map(([key, revision, size]) =>
    keyValue.encodeKeyValueFrom(Buffer.from(key).toString("latin1"), revision, revision, 1, Buffer.alloc(size, 7), 0n),
  );
const kvs = fc.array(kv, { maxLength: 12 });
const header = fc.record({
  clusterId: fc.constantFrom(0n, 5n, 2n ** 64n - 1n),
  memberId: ids,
  revision: counter,
  raftTerm: counter,
});
const flat = (pieces: Uint8Array | readonly Uint8Array[]) =>
  Buffer.from(pieces instanceof Uint8Array ? pieces : Buffer.concat(pieces)).toString("hex");
const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const encoderFor = (h: rpc.ResponseHeader) => new HeaderEncoder({ clusterId: h.clusterId, memberId: h.memberId });

describe("hand-made encoders", () => {
  it("RangeResponse, alone and in a stream", () => {
    fc.assert(
      fc.property(fc.option(header, { nil: undefined }), kvs, fc.boolean(), counter, (h, list, more, count) => {
        const message = { header: h, kvs: list, more, count };
        const headers = encoderFor(h ?? { clusterId: 1n, memberId: 2n, revision: 0, raftTerm: 0 });
        expect(flat(encodeRange(headers, message))).toBe(plain(rpc.encodeRangeResponse(message)));
        expect(flat(encodeRangeStream(encodeRange(headers, message)))).toBe(
          plain(rpc.encodeRangeStreamResponse({ rangeResponse: message })),
        );
      }),
      { verbose: 1 },
    );
  });

  it("PutResponse and DeleteRangeResponse", () => {
    fc.assert(
      fc.property(header, fc.option(kv, { nil: undefined }), kvs, counter, (h, prevKv, prevKvs, deleted) => {
        const headers = encoderFor(h);
        expect(flat(encodePut(headers, { header: h, prevKv }))).toBe(
          plain(rpc.encodePutResponse({ header: h, prevKv })),
        );
        const message = { header: h, deleted, prevKvs };
        expect(flat(encodeDeleteRange(headers, message))).toBe(plain(rpc.encodeDeleteRangeResponse(message)));
      }),
      { verbose: 1 },
    );
  });

  it("headers of another member, and of changing revisions", () => {
    const headers = new HeaderEncoder({ clusterId: 1n, memberId: 2n });
    fc.assert(
      fc.property(header, (h) => {
        const field = plain(rpc.encodePutResponse({ header: h, prevKv: undefined }));
        expect(plain(headers.fieldOf(h))).toBe(field);
        expect(plain(headers.fieldOf(h))).toBe(field);
        const own = { clusterId: 1n, memberId: 2n, revision: h.revision, raftTerm: h.raftTerm };
        expect(plain(headers.fieldOf(own))).toBe(plain(rpc.encodePutResponse({ header: own, prevKv: undefined })));
      }),
    );
  });

  it("WatchResponse", () => {
    const id = fc.oneof(fc.constant(-1n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constant(0n));
    const encoder = new ReplyEncoder(new HeaderEncoder({ clusterId: 3n, memberId: 4n }));
    fc.assert(
      fc.property(
        id,
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.tuple(counter, counter, counter),
        fc.string({ unit: "grapheme" }),
        kvs,
        (watchId, [created, canceled, fragment], [revision, compactRevision, raftTerm], cancelReason, list) => {
          const events = list.map((item) => keyValue.encodeEventFrom(0, item, undefined));
          const given = reply({
            watchId,
            created,
            canceled,
            fragment,
            revision,
            compactRevision,
            cancelReason,
            events,
          });
          const message: rpc.WatchResponse = {
            header: { clusterId: 3n, memberId: 4n, revision, raftTerm },
            watchId,
            created,
            canceled,
            compactRevision,
            cancelReason,
            fragment,
            events,
          };
          let sent = "";
          const stream = {
            send: (message: Reply) => {
              sent = flat(message);
            },
            sendParts: (head: Uint8Array, headBytes: number, body: Uint8Array) => {
              sent = flat([head.slice(0, headBytes), body]);
            },
          };
          encoder.send(given, raftTerm, stream);
          expect(sent).toBe(plain(rpc.encodeWatchResponse(message)));
          // The same events for another watcher: the joined body is used again.
          encoder.send({ ...given, watchId: 9n }, raftTerm, stream);
          expect(sent).toBe(plain(rpc.encodeWatchResponse({ ...message, watchId: 9n })));
        },
      ),
      { verbose: 1 },
    );
  });
});
