import { describe, expect, test } from "vitest";
import {
  data,
  describeFrame,
  End,
  exchange,
  frame,
  headers,
  parseFrames,
  preface,
  requestFields,
  settings,
  settingsAck,
  uint32,
} from "../../../test/harness/http2.ts";
import { Http2Code, Http2Error } from "./errors.ts";
import { prepareHeaders } from "./prepared.ts";
import type { HeaderField } from "./types.ts";

const head = prepareHeaders([[":status", "200"]]);
const trailers = prepareHeaders([["grpc-status", "0"]]);
const hello = Buffer.from("hello");
const requestText = requestFields.map(([name, value]) => `${name}=${value}`).join(" ");
const HUGE = 0x7fffffff;

function pair(): { client: End; server: End } {
  const client = new End("client");
  const server = new End("server");
  exchange(client, server);
  return { client, server };
}

describe("a call from client to server", () => {
  test("head, data, trailers each way", () => {
    const { client, server } = pair();
    server.handler.data = (stream, _, endStream) => {
      if (endStream) stream.sendUnary(head, hello, [hello], trailers);
    };
    const stream = client.connection.request(requestFields, false);
    stream.sendData([hello], true);
    exchange(client, server);
    expect(server.handler.events).toEqual([`headers 1 ${requestText}`, "data 1 5 end"]);
    expect(client.handler.events).toEqual(["headers 1 :status=200", "data 1 10", "headers 1 grpc-status=0 end"]);
    expect(client.handler.body(1).toString()).toBe("hellohello");
    expect(stream.closed).toBe(true);
    expect(client.connection.openStreams).toBe(0);
    expect(server.connection.openStreams).toBe(0);
  });

  test("trailers only", () => {
    const { client, server } = pair();
    server.handler.headers = (stream) => stream.sendHeaders(head, true);
    client.connection.request(requestFields, true);
    exchange(client, server);
    expect(client.handler.events).toEqual(["headers 1 :status=200 end"]);
  });

  test("request trailers and 1xx heads", () => {
    const { client, server } = pair();
    server.handler.headers = (stream, _, endStream) => {
      if (endStream) stream.sendHeaders(head, true);
      else stream.sendHeaders([[":status", "103"]], false);
    };
    const stream = client.connection.request(requestFields, false);
    stream.sendData([hello], false);
    stream.sendHeaders([["x-checksum", "1"]], true);
    exchange(client, server);
    expect(server.handler.events).toEqual([`headers 1 ${requestText}`, "data 1 5", "headers 1 x-checksum=1 end"]);
    expect(client.handler.events).toEqual(["informational 1 103", "headers 1 :status=200 end"]);
  });

  test("a header list that keeps coming comes up as the same object", () => {
    const { client, server } = pair();
    const lists = new Set<unknown>();
    server.handler.headers = (_, list) => lists.add(list);
    for (let i = 0; i < 10; i++) client.connection.request(requestFields, true);
    exchange(client, server);
    // The first is not kept, the second is; all further ones are the second.
    expect(lists.size).toBe(2);
  });

  test("one flush is one write of few pieces, however many answers", () => {
    const end = End.served();
    end.handler.headers = (stream) => stream.sendUnary(head, hello, [], trailers);
    end.wire.writes = 0;
    end.wire.wantsFlush = false;
    end.receive(Buffer.concat(Array.from({ length: 100 }, (_, i) => headers(2 * i + 1, true))));
    expect(end.wire.writes).toBe(0);
    expect(end.wire.wantsFlush).toBe(true);
    end.connection.flush();
    expect(end.wire.writes).toBe(1);
    expect(end.wire.pieces).toHaveLength(1);
  });

  test("with an encoder table, later requests are short", () => {
    const client = new End("client", { encoderTableBytes: 4096 });
    const server = new End("server");
    exchange(client, server);
    client.connection.request(requestFields, true);
    exchange(client, server);
    client.connection.request(requestFields, true);
    expect(client.take().length).toBe(9 + requestFields.length);
  });
});

describe("frames", () => {
  test("a header block in pieces, with padding and priority", () => {
    const end = End.served();
    const block = Buffer.from(prepareHeaders(requestFields).bytes);
    const first = Buffer.concat([
      Buffer.from([3]),
      uint32(0),
      Buffer.from([16]),
      block.subarray(0, 5),
      Buffer.alloc(3),
    ]);
    end.receive(
      frame(1, 0x8 | 0x20, 1, first),
      frame(9, 0, 1, block.subarray(5, 10)),
      frame(9, 0, 1),
      frame(9, 4, 1, block.subarray(10)),
    );
    expect(end.handler.events).toEqual([`headers 1 ${requestText}`]);
  });

  test("a large head of ours is cut into CONTINUATION", () => {
    const end = End.served();
    end.receive(headers(1, true));
    end.handler.streams.get(1)!.sendHeaders(
      [
        [":status", "200"],
        ["x-long", "\xff".repeat(40_000)],
      ],
      true,
    );
    const frames = parseFrames(end.take());
    expect(frames.map((f) => `${f.type} ${f.flags} ${f.payload.length <= 16384}`)).toEqual([
      "1 1 true",
      ...new Array(frames.length - 2).fill("9 0 true"),
      "9 4 true",
    ]);
    expect(frames.length).toBeGreaterThan(2);
  });

  test("padding of DATA is dropped, and its credit given back", () => {
    const end = End.served({ streamWindowBytes: 65535, connectionWindowBytes: 65535 });
    end.handler.autoConsume = false;
    const padded = Buffer.concat([Buffer.from([255]), hello, Buffer.alloc(255)]);
    end.receive(headers(1, false), frame(0, 8, 1, padded));
    expect(end.handler.events.at(-1)).toBe("data 1 5");
    // 128 frames of 256 bytes of nothing: half the window, and `consume` was never called.
    for (let i = 0; i < 128; i++) end.receive(frame(0, 8, 1, padded));
    expect(end.frames()).toEqual(["WINDOW_UPDATE 0 32768", "WINDOW_UPDATE 1 32768"]);
  });

  test("unknown frames, settings and flags are ignored", () => {
    const end = End.served();
    end.receive(frame(0xfa, 0xff, 7, hello), settings([0xff, 1], [0x8, 1]), frame(6, 0xfe, 0, Buffer.from("12345678")));
    expect(end.frames()).toEqual(["SETTINGS ack", "PING ack"]);
  });

  test("PING is answered with its content", () => {
    const end = End.served();
    end.receive(frame(6, 0, 0, Buffer.from("12345678")));
    expect(end.take()).toEqual(frame(6, 1, 0, Buffer.from("12345678")));
    expect(end.handler.events).toEqual(["ping"]);
  });

  test("our PING's answer is told once; answers nobody asked for are not", () => {
    const { client, server } = pair();
    let acks = 0;
    client.connection.ping(() => acks++);
    client.connection.ping(() => acks++);
    exchange(client, server);
    expect(acks).toBe(2);
    client.receive(frame(6, 1, 0, Buffer.alloc(8)));
    expect(acks).toBe(2);
  });

  test("at most 64 PINGs wait for an answer", () => {
    const end = End.connected();
    for (let i = 0; i < 100; i++) end.connection.ping(() => {});
    expect(end.frames()).toHaveLength(64);
  });
});

describe("what ends a connection", () => {
  test.each<[string, Buffer[], keyof typeof Http2Code]>([
    ["DATA on stream 0", [data(0, true, "")], "PROTOCOL_ERROR"],
    ["DATA on an idle stream", [data(1, true, "")], "PROTOCOL_ERROR"],
    ["DATA after END_STREAM both ways", [headers(1, true), data(1, true, "x")], "STREAM_CLOSED"],
    ["HEADERS after END_STREAM both ways", [headers(1, true), headers(1, true)], "STREAM_CLOSED"],
    ["padding as long as DATA", [headers(1, false), frame(0, 8, 1, [2, 0])], "PROTOCOL_ERROR"],
    ["padded DATA without pad length", [headers(1, false), frame(0, 8, 1)], "FRAME_SIZE_ERROR"],
    ["padded HEADERS without pad length", [frame(1, 12, 1)], "FRAME_SIZE_ERROR"],
    ["padding beyond HEADERS", [frame(1, 12, 1, [9, 0x82])], "PROTOCOL_ERROR"],
    ["HEADERS shorter than its priority", [frame(1, 0x24, 1, [0, 0])], "FRAME_SIZE_ERROR"],
    ["HEADERS that depends on itself", [frame(1, 0x24, 1, [0, 0, 0, 1, 0])], "PROTOCOL_ERROR"],
    ["HEADERS on stream 0", [headers(0, true)], "PROTOCOL_ERROR"],
    ["an even stream", [headers(2, true)], "PROTOCOL_ERROR"],
    ["a smaller stream than the last", [headers(5, true), headers(3, true)], "PROTOCOL_ERROR"],
    ["a broken header block", [frame(1, 5, 1, [0x80])], "COMPRESSION_ERROR"],
    ["an interrupted header block", [frame(1, 0, 1, [0x82]), frame(6, 0, 0, Buffer.alloc(8))], "PROTOCOL_ERROR"],
    ["another stream's CONTINUATION", [frame(1, 0, 1, [0x82]), frame(9, 4, 3)], "PROTOCOL_ERROR"],
    ["CONTINUATION out of the blue", [frame(9, 4, 1)], "PROTOCOL_ERROR"],
    ["PRIORITY on stream 0", [frame(2, 0, 0, Buffer.alloc(5))], "PROTOCOL_ERROR"],
    ["RST_STREAM on stream 0", [frame(3, 0, 0, uint32(8))], "PROTOCOL_ERROR"],
    ["RST_STREAM on an idle stream", [frame(3, 0, 1, uint32(8))], "PROTOCOL_ERROR"],
    ["RST_STREAM of another length", [headers(1, false), frame(3, 0, 1, [0, 0, 8])], "FRAME_SIZE_ERROR"],
    ["SETTINGS on a stream", [frame(4, 0, 1)], "PROTOCOL_ERROR"],
    ["SETTINGS that is no multiple of six", [frame(4, 0, 0, [0, 1, 0])], "FRAME_SIZE_ERROR"],
    ["SETTINGS acknowledgement with content", [frame(4, 1, 0, Buffer.alloc(6))], "FRAME_SIZE_ERROR"],
    ["SETTINGS_ENABLE_PUSH 2", [settings([2, 2])], "PROTOCOL_ERROR"],
    ["SETTINGS_INITIAL_WINDOW_SIZE 2^31", [settings([4, 0x80000000])], "FLOW_CONTROL_ERROR"],
    ["SETTINGS_MAX_FRAME_SIZE 16383", [settings([5, 16383])], "PROTOCOL_ERROR"],
    ["SETTINGS_MAX_FRAME_SIZE 2^24", [settings([5, 1 << 24])], "PROTOCOL_ERROR"],
    ["PUSH_PROMISE", [frame(5, 4, 1, uint32(2))], "PROTOCOL_ERROR"],
    ["PING on a stream", [frame(6, 0, 1, Buffer.alloc(8))], "PROTOCOL_ERROR"],
    ["PING of another length", [frame(6, 0, 0, Buffer.alloc(7))], "FRAME_SIZE_ERROR"],
    ["GOAWAY on a stream", [frame(7, 0, 1, Buffer.alloc(8))], "PROTOCOL_ERROR"],
    ["GOAWAY too short", [frame(7, 0, 0, Buffer.alloc(7))], "FRAME_SIZE_ERROR"],
    ["WINDOW_UPDATE of another length", [frame(8, 0, 0, [1])], "FRAME_SIZE_ERROR"],
    ["WINDOW_UPDATE of 0 on the connection", [frame(8, 0, 0, uint32(0))], "PROTOCOL_ERROR"],
    ["WINDOW_UPDATE on an idle stream", [frame(8, 0, 1, uint32(1))], "PROTOCOL_ERROR"],
    ["a connection window above 2^31-1", [frame(8, 0, 0, uint32(HUGE))], "FLOW_CONTROL_ERROR"],
    [
      "an initial window that makes a window too large",
      [headers(1, false), frame(8, 0, 1, uint32(HUGE - 65535)), settings([4, 65536])],
      "FLOW_CONTROL_ERROR",
    ],
    ["a frame above the limit", [headers(1, false), frame(0, 0, 1, Buffer.alloc(16385))], "FRAME_SIZE_ERROR"],
  ])("%s", (_, frames, code) => {
    const end = End.served();
    end.handler.headers = (stream, __, endStream) => {
      if (endStream) stream.sendHeaders(head, true);
    };
    // The whole in one chunk, and what follows is not looked at.
    end.receive(Buffer.concat([...frames, headers(99, true)]));
    expect(end.frames().at(-1)).toMatch(new RegExp(`^GOAWAY \\d+ ${code}$`));
    expect(end.wire.ended).toBe(true);
    expect(end.handler.closed).toBe(true);
    expect(end.handler.error).toBeInstanceOf(Http2Error);
    expect((end.handler.error as Http2Error).code).toBe(Http2Code[code]);
    expect(end.handler.streams.has(99)).toBe(false);
    expect(end.options.stats.connectionErrors).toBe(1);
    // Over is over.
    end.receive(headers(101, true));
    end.connection.flush();
    end.connection.destroy(0);
    end.connection.transportClosed();
    expect(end.connection.openStreams).toBe(0);
  });

  test.each([
    ["a wrong preface", [Buffer.from("GET / HTTP/1.1\r\n\r\n")]],
    ["no SETTINGS first", [preface, headers(1, true)]],
    ["an acknowledgement first", [preface, settingsAck]],
    ["a huge frame first", [preface, frame(0, 0, 1, Buffer.alloc(20_000))]],
  ])("%s", (_, bytes) => {
    const end = new End("server");
    end.receive(...bytes);
    expect(end.frames().at(-1)).toBe("GOAWAY 0 PROTOCOL_ERROR");
    expect(end.wire.ended).toBe(true);
  });

  test("a server that pushes", () => {
    const end = End.connected();
    end.connection.request(requestFields, true);
    end.receive(frame(5, 4, 1, uint32(2)));
    expect(end.handler.events[0]).toBe("reset 1 PROTOCOL_ERROR");
    expect(end.frames().at(-1)).toBe("GOAWAY 0 PROTOCOL_ERROR");
  });

  test("a server that allows pushing", () => {
    const end = End.connected();
    end.receive(settings([2, 1]));
    expect(end.handler.closed).toBe(true);
  });

  test("open streams are told before the connection is", () => {
    const end = End.served();
    end.receive(headers(1, false), headers(3, false), frame(9, 4, 1));
    expect(end.handler.take().slice(2)).toEqual([
      "reset 1 PROTOCOL_ERROR",
      "reset 3 PROTOCOL_ERROR",
      "close http2: PROTOCOL_ERROR: CONTINUATION without HEADERS",
    ]);
  });

  test("the socket is gone", () => {
    const end = End.served();
    end.receive(headers(1, false));
    end.connection.transportClosed(new Error("ECONNRESET"));
    expect(end.handler.events.slice(1)).toEqual(["reset 1 CANCEL", "close ECONNRESET"]);
    end.handler.streams.get(1)!.sendHeaders(head, true);
    end.connection.flush();
    expect(end.wire.take()).toHaveLength(0);
  });

  test("what the handler throws is not taken for the peer's fault", () => {
    const end = End.served();
    end.handler.headers = () => {
      throw new TypeError("bug");
    };
    expect(() => end.receive(headers(1, true))).toThrow("bug");
  });
});

describe("what ends a stream", () => {
  const malformed: HeaderField[] = [...requestFields, ["Upper", "1"]];
  test.each<[string, Buffer[], string]>([
    ["a malformed head", [headers(1, false, malformed)], "PROTOCOL_ERROR"],
    [
      "content-length on an empty request",
      [headers(1, true, [...requestFields, ["content-length", "1"]])],
      "PROTOCOL_ERROR",
    ],
    [
      "more content than promised",
      [headers(1, false, [...requestFields, ["content-length", "1"]]), data(1, false, "ab")],
      "PROTOCOL_ERROR",
    ],
    [
      "less content than promised",
      [headers(1, false, [...requestFields, ["content-length", "3"]]), data(1, true, "ab")],
      "PROTOCOL_ERROR",
    ],
    [
      "less content than promised, then trailers",
      [headers(1, false, [...requestFields, ["content-length", "3"]]), headers(1, true, [["a", "b"]])],
      "PROTOCOL_ERROR",
    ],
    ["trailers without END_STREAM", [headers(1, false), headers(1, false, [["a", "b"]])], "PROTOCOL_ERROR"],
    ["trailers with a pseudo-header", [headers(1, false), headers(1, true, [[":path", "/"]])], "PROTOCOL_ERROR"],
    ["a header list above the limit", long(1), "ENHANCE_YOUR_CALM"],
    ["WINDOW_UPDATE of 0", [headers(1, false), frame(8, 0, 1, uint32(0))], "PROTOCOL_ERROR"],
    ["a stream window above 2^31-1", [headers(1, false), frame(8, 0, 1, uint32(HUGE))], "FLOW_CONTROL_ERROR"],
    ["PRIORITY of another length", [headers(1, false), frame(2, 0, 1, [0])], "FRAME_SIZE_ERROR"],
    ["PRIORITY that depends on itself", [headers(1, false), frame(2, 0, 1, [0, 0, 0, 1, 0])], "PROTOCOL_ERROR"],
    ["DATA after END_STREAM", [headers(1, true), data(1, false, "x")], "STREAM_CLOSED"],
    ["HEADERS after END_STREAM", [headers(1, true), headers(1, true)], "STREAM_CLOSED"],
  ])("%s", (_, frames, code) => {
    const end = End.served();
    end.receive(...frames);
    expect(end.frames()).toEqual([`RST_STREAM 1 ${code}`]);
    expect(end.connection.openStreams).toBe(0);
    const resets = end.handler.events.filter((event) => event.startsWith("reset"));
    expect(resets).toEqual(end.handler.streams.has(1) ? [`reset 1 ${code}`] : []);
    // The connection lives, and frames that were on their way are ignored.
    end.receive(data(1, true, "x"), headers(3, true));
    expect(end.handler.events.at(-1)).toBe(`headers 3 ${requestText} end`);
    expect(end.frames()).toEqual([]);
  });

  /** A request whose list is above the limit, in legal frames. */
  function long(streamId: number): Buffer[] {
    const { bytes } = prepareHeaders([...requestFields, ["x-long", "\x01".repeat(70_000)]]);
    // Not as Huffman code, which would triple it: so the block stays within its own limit.
    expect(bytes.length).toBeLessThan(75_000);
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 16384) {
      const last = at + 16384 >= bytes.length;
      frames.push(frame(at === 0 ? 1 : 9, last ? 4 : 0, streamId, bytes.subarray(at, at + 16384)));
    }
    return frames;
  }

  test("the peer's RST_STREAM", () => {
    const end = End.served();
    end.receive(headers(1, false), frame(3, 0, 1, uint32(8)), frame(3, 0, 1, uint32(8)));
    expect(end.handler.events.slice(1)).toEqual(["reset 1 CANCEL"]);
    expect(end.frames()).toEqual([]);
    end.receive(data(1, false, "late"));
    expect(end.frames()).toEqual(["RST_STREAM 1 STREAM_CLOSED"]);
  });

  test("our reset is not told to ourselves, and drops what was queued", () => {
    const end = End.served({}, [4, 3]);
    end.receive(headers(1, false));
    const stream = end.handler.streams.get(1)!;
    stream.sendHeaders(head, false);
    stream.sendData([hello], false);
    expect(stream.bufferedBytes).toBe(2);
    stream.context = "call";
    stream.reset(Http2Code.CANCEL);
    stream.reset(Http2Code.CANCEL);
    stream.sendData([hello], true);
    expect(stream.context).toBeUndefined();
    expect(stream.bufferedBytes).toBe(0);
    expect(end.frames()).toEqual(["HEADERS 1", "DATA 1 3", "RST_STREAM 1 CANCEL"]);
    expect(end.handler.events).toHaveLength(1);
  });

  test("context is there when a reset is told", () => {
    const end = End.served();
    end.receive(headers(1, false));
    end.handler.streams.get(1)!.context = "call";
    const seen: unknown[] = [];
    end.handler.reset = (stream) => seen.push(stream.context, stream.closed);
    end.receive(frame(3, 0, 1, uint32(8)));
    expect(seen).toEqual(["call", true]);
  });

  test("an answer before the request's end tells the client to stop", () => {
    const end = End.served();
    end.receive(headers(1, false));
    end.handler.streams.get(1)!.sendHeaders(head, true);
    expect(end.frames()).toEqual(["HEADERS 1 end", "RST_STREAM 1 NO_ERROR"]);
    end.receive(data(1, false, "still"), data(1, true, "coming"));
    expect(end.frames()).toEqual([]);
    const open = End.served({ resetAfterResponse: false });
    open.receive(headers(1, false));
    open.handler.streams.get(1)!.sendHeaders(head, true);
    expect(open.frames()).toEqual(["HEADERS 1 end"]);
    expect(open.connection.openStreams).toBe(1);
    open.receive(data(1, true, "done"));
    expect(open.connection.openStreams).toBe(0);
  });

  test("a client's faulty answers", () => {
    const cases: [Buffer[], string][] = [
      [[data(1, true, "x")], "PROTOCOL_ERROR"],
      [[headers(1, true, [["a", "b"]])], "PROTOCOL_ERROR"],
      [[headers(1, true, [[":status", "100"]])], "PROTOCOL_ERROR"],
      [[headers(1, false, [[":status", "101"]])], "PROTOCOL_ERROR"],
      [
        [
          headers(1, true, [
            [":status", "200"],
            ["content-length", "3"],
          ]),
        ],
        "PROTOCOL_ERROR",
      ],
      [[headers(1, false, [[":status", "200"]]), headers(1, false, [["a", "b"]])], "PROTOCOL_ERROR"],
    ];
    for (const [frames, code] of cases) {
      const end = End.connected();
      end.connection.request(requestFields, true);
      end.take();
      end.receive(...frames);
      expect(end.handler.events.at(-1)).toBe(`reset 1 ${code}`);
      expect(end.frames()).toEqual([`RST_STREAM 1 ${code}`]);
    }
  });

  test("a HEAD request's content-length promises nothing", () => {
    const end = End.connected();
    end.connection.request(
      [
        [":method", "HEAD"],
        [":scheme", "http"],
        [":path", "/"],
      ],
      true,
    );
    end.receive(
      headers(1, true, [
        [":status", "200"],
        ["content-length", "3"],
      ]),
    );
    expect(end.handler.events).toEqual(["headers 1 :status=200 content-length=3 end"]);
  });
});

describe("limits of streams", () => {
  test("one too many is refused, and may come again", () => {
    const end = End.served({ maxConcurrentStreams: 2 });
    end.receive(headers(1, false), headers(3, false), headers(5, false), data(5, true, "on its way"));
    expect(end.frames()).toEqual(["RST_STREAM 5 REFUSED_STREAM"]);
    expect(end.connection.openStreams).toBe(2);
    expect(end.options.stats.streamsRefused).toBe(1);
    end.handler.streams.get(1)!.sendHeaders(head, true);
    end.receive(headers(7, false));
    expect(end.handler.streams.has(7)).toBe(true);
  });

  test("the limit is told, unless there is none", () => {
    const told = (max: number): number | undefined => {
      const [first] = parseFrames(new End("server", { maxConcurrentStreams: max }).take());
      for (let at = 0; at < first!.payload.length; at += 6) {
        if (first!.payload.readUInt16BE(at) === 3) return first!.payload.readUInt32BE(at + 2);
      }
      return undefined;
    };
    expect(told(7)).toBe(7);
    expect(told(0xffffffff)).toBeUndefined();
  });

  test("a client keeps to its server's limit and is told when it may go on", () => {
    const end = End.connected({}, [3, 1]);
    expect(end.connection.canRequest).toBe(true);
    end.connection.request(requestFields, true);
    expect(end.connection.canRequest).toBe(false);
    expect(() => end.connection.request(requestFields, true)).toThrow(/REFUSED_STREAM/);
    end.receive(headers(1, true, [[":status", "200"]]));
    expect(end.handler.take()).toEqual(["headers 1 :status=200 end", "capacity"]);
    end.connection.request(requestFields, true);
    end.receive(settings([3, 0]));
    expect(end.handler.take()).toEqual([]);
    end.receive(settings([3, 5]));
    expect(end.handler.take()).toEqual(["capacity"]);
  });

  test("long-lived streams among many short ones are found", () => {
    const end = End.served({ maxConcurrentStreams: 10_000 });
    const long: number[] = [];
    for (let id = 1; id < 6000; id += 2) {
      end.receive(headers(id, false));
      if (id % 10 === 1) long.push(id);
      else end.handler.streams.get(id)!.sendHeaders(head, true);
    }
    expect(end.connection.openStreams).toBe(long.length);
    end.take();
    end.handler.take();
    for (const id of long) end.receive(data(id, true, "x"));
    expect(end.handler.take()).toEqual(long.map((id) => `data ${id} 1 end`));
  });
});

describe("going away", () => {
  test("graceful: two GOAWAYs, open streams finish, then the end", () => {
    const { client, server } = pair();
    const stream = client.connection.request(requestFields, false);
    exchange(client, server);
    server.connection.shutdown();
    const first = server.take();
    expect(parseFrames(first).map(describeFrame)).toEqual([`GOAWAY ${HUGE} NO_ERROR`, "PING"]);
    // Under way when the notice was sent: still taken up.
    const late = client.connection.request(requestFields, true);
    server.receive(client.take());
    expect(server.handler.streams.has(late.id)).toBe(true);
    client.receive(first);
    expect(client.connection.canRequest).toBe(false);
    server.receive(client.take());
    expect(parseFrames(server.take()).map(describeFrame)).toEqual([`GOAWAY ${late.id} NO_ERROR`]);
    // After the second notice nothing new is.
    server.receive(headers(99, true));
    expect(server.handler.streams.has(99)).toBe(false);
    server.handler.streams.get(late.id)!.sendHeaders(head, true);
    expect(server.handler.closed).toBe(false);
    stream.sendData([hello], true);
    server.handler.streams.get(1)!.sendHeaders(head, true);
    exchange(client, server);
    expect(server.handler.events.at(-1)).toBe("close");
    expect(server.wire.ended).toBe(true);
    expect(client.handler.events.at(-1)).toBe("close");
  });

  test("graceful with a peer that does not answer: time decides", () => {
    const end = End.served();
    end.connection.shutdown();
    end.connection.checkTimeouts(0);
    end.connection.checkTimeouts(5000);
    expect(end.handler.closed).toBe(false);
    end.connection.checkTimeouts(11_000);
    expect(end.handler.events).toEqual(["close"]);
    expect(end.wire.ended).toBe(true);
  });

  test("a client's streams above the last are refused, hence safe to try again", () => {
    const end = End.connected();
    for (let i = 0; i < 3; i++) end.connection.request(requestFields, true);
    end.receive(frame(7, 0, 0, Buffer.concat([uint32(3, Http2Code.ENHANCE_YOUR_CALM), Buffer.from("too_many_pings")])));
    expect(end.handler.take()).toEqual(["reset 5 REFUSED_STREAM", "goaway 3 ENHANCE_YOUR_CALM"]);
    expect(end.connection.canRequest).toBe(false);
    end.receive(headers(1, true, [[":status", "200"]]), headers(3, true, [[":status", "200"]]));
    expect(end.handler.closed).toBe(true);
    expect(end.wire.ended).toBe(true);
  });

  test("destroy", () => {
    const end = End.served();
    end.receive(headers(1, false));
    end.connection.destroy(Http2Code.INTERNAL_ERROR);
    expect(end.handler.events.slice(1)).toEqual([
      "reset 1 INTERNAL_ERROR",
      "close http2: INTERNAL_ERROR: connection destroyed",
    ]);
    expect(end.frames()).toEqual(["GOAWAY 1 INTERNAL_ERROR"]);
  });

  test("destroyed from inside a callback", () => {
    const end = End.served();
    end.handler.headers = () => end.connection.destroy(Http2Code.NO_ERROR);
    end.receive(Buffer.concat([headers(1, true), headers(3, true)]));
    expect(end.handler.events).toEqual([`headers 1 ${requestText} end`, "reset 1 CANCEL", "close"]);
  });
});
