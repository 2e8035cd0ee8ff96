import { describe, expect, test } from "vitest";
import {
  data,
  End,
  exchange,
  frame,
  headers,
  preface,
  requestFields,
  settings,
  settingsAck,
  uint32,
} from "../../../test/harness/http2.ts";
import { prepareHeaders } from "./prepared.ts";

const head = prepareHeaders([[":status", "200"]]);
const ping = frame(6, 0, 0, Buffer.alloc(8));
const CALM = /^GOAWAY \d+ ENHANCE_YOUR_CALM$/;

/** How many times `make` can be received before the connection is ended; `limit` when it never is. */
function until(end: End, limit: number, make: (i: number) => Buffer): number {
  for (let i = 0; i < limit; i++) {
    end.receive(make(i));
    if (end.handler.closed) {
      expect(end.frames().at(-1)).toMatch(CALM);
      expect(end.options.stats.floods).toBe(1);
      return i;
    }
    end.take();
  }
  return limit;
}

describe("floods are ended with ENHANCE_YOUR_CALM", () => {
  const id = (i: number): number => 2 * i + 1;

  test("rapid reset (CVE-2023-44487)", () => {
    const end = End.served({ resetBurst: 100 });
    expect(until(end, 1000, (i) => Buffer.concat([headers(id(i), false), frame(3, 0, id(i), uint32(8))]))).toBe(100);
    expect(end.options.stats.resetsReceived).toBe(101);
  });

  test("making us reset is no cheaper: malformed, refused, windows run over", () => {
    const bad = End.served({ resetBurst: 100 });
    expect(until(bad, 1000, (i) => headers(id(i), true, [["a", "b"]]))).toBe(100);
    const refused = End.served({ resetBurst: 100, maxConcurrentStreams: 1 });
    expect(until(refused, 1000, (i) => headers(id(i), true))).toBe(101);
    const window = End.served({ resetBurst: 100 });
    expect(until(window, 1000, (i) => Buffer.concat([headers(id(i), false), frame(8, 0, id(i), uint32(0))]))).toBe(100);
  });

  test("a client that resets half of what it asks is served for good", () => {
    const end = End.served({ resetBurst: 100 });
    end.handler.headers = (stream, _, endStream) => {
      if (endStream) stream.sendHeaders(head, true);
    };
    const both = (i: number): Buffer =>
      Buffer.concat([headers(id(2 * i), false), frame(3, 0, id(2 * i), uint32(8)), headers(id(2 * i + 1), true)]);
    expect(until(end, 2000, both)).toBe(2000);
  });

  test("a client that resets what was answered is served for good, one that does not wait is not", () => {
    const answering = (): End => {
      const end = End.served({ resetBurst: 100 });
      end.handler.data = (stream) => {
        stream.sendHeaders(head, false);
        stream.sendData([Buffer.from("answer")], false);
      };
      return end;
    };
    const ask = (i: number): Buffer => Buffer.concat([headers(id(i), false), data(id(i), false, "ask")]);
    const cancel = (i: number): Buffer => frame(3, 0, id(i), uint32(8));
    const waits = answering();
    for (let i = 0; i < 1000; i++) {
      waits.receive(ask(i));
      expect(waits.frames()).toContain(`DATA ${id(i)} 6`);
      waits.receive(cancel(i));
    }
    expect(waits.handler.closed).toBe(false);
    expect(until(answering(), 1000, (i) => Buffer.concat([ask(i), cancel(i)]))).toBe(100);
  });

  test("time gives resets back", () => {
    const end = End.served({ resetBurst: 100, resetsPerSecond: 10 });
    end.connection.checkTimeouts(0);
    const reset = (i: number): Buffer => Buffer.concat([headers(id(i), false), frame(3, 0, id(i), uint32(8))]);
    for (let i = 0; i < 100; i++) end.receive(reset(i));
    end.connection.checkTimeouts(5000);
    for (let i = 100; i < 150; i++) end.receive(reset(i));
    expect(end.handler.closed).toBe(false);
    end.receive(reset(150));
    expect(end.handler.closed).toBe(true);
  });

  test.each<[string, (i: number) => Buffer]>([
    ["PING", () => ping],
    ["PING answers", () => frame(6, 1, 0, Buffer.alloc(8))],
    ["SETTINGS", () => settings()],
    ["SETTINGS acknowledgements", () => settingsAck],
    ["PRIORITY", () => frame(2, 0, 1, Buffer.alloc(5))],
    ["unknown frames", () => frame(0xee, 0, 0)],
    ["empty DATA", () => data(1, false, "")],
    ["RST_STREAM on a closed stream", () => frame(3, 0, 3, uint32(0))],
    ["DATA on a stream the client closed", () => data(3, false, "")],
  ])("%s", (_, make) => {
    const end = End.served({ controlBurst: 50 });
    end.receive(headers(1, false), headers(3, false), frame(3, 0, 3, uint32(0)));
    const before = until(end, 1000, make);
    expect(before).toBeGreaterThan(40);
    expect(before).toBeLessThanOrEqual(50);
  });

  test("PINGs between data are no flood", () => {
    const end = End.served({ controlBurst: 50 });
    end.receive(headers(1, false));
    expect(until(end, 1000, () => Buffer.concat([ping, data(1, false, "x")]))).toBe(1000);
  });

  test("PINGs between data that was sent are no flood", () => {
    const end = End.served({ controlBurst: 50 });
    end.receive(headers(1, false));
    const pings = until(end, 1000, () => {
      end.handler.streams.get(1)!.sendData([Buffer.alloc(1)], false);
      end.take();
      return ping;
    });
    expect(pings).toBe(1000);
    expect(until(end, 1000, () => ping)).toBeLessThanOrEqual(50);
  });

  test("window updates", () => {
    const end = End.served({ windowUpdateBurst: 50 });
    end.receive(headers(1, false));
    expect(until(end, 1000, (i) => frame(8, 0, i & 1, uint32(1)))).toBe(50);
  });

  test("window updates for data that was sent are no flood", () => {
    const end = End.served({ windowUpdateBurst: 50 });
    end.receive(headers(1, false));
    const updates = Buffer.concat([frame(8, 0, 0, uint32(1)), frame(8, 0, 1, uint32(1))]);
    expect(
      until(end, 1000, () => {
        end.handler.streams.get(1)!.sendData([Buffer.alloc(1)], false);
        return updates;
      }),
    ).toBe(1000);
  });

  test("CONTINUATION, empty or small", () => {
    const end = End.served();
    end.receive(frame(1, 0, 1, [0x82]));
    expect(until(end, 1000, () => frame(9, 0, 1))).toBe(32);
    const large = End.served({ maxHeaderListBytes: 16384 });
    large.receive(frame(1, 0, 1, Buffer.alloc(16384)));
    expect(until(large, 1000, () => frame(9, 0, 1, Buffer.alloc(16384)))).toBe(2);
  });

  test("a header bomb costs what a list may cost", () => {
    const end = End.served({ maxHeaderListBytes: 8192 });
    // One entry of nearly the whole table, then an index to it in each of 16,000 bytes: 64 MB of headers.
    const name = Buffer.concat([Buffer.from([0x40, 0x01, 0x61, 0x7f, 0xd1, 0x1e]), Buffer.alloc(4000, 0x62)]);
    end.receive(frame(1, 5, 1, Buffer.concat([name, Buffer.alloc(12_000, 0xbe)])));
    expect(end.frames()).toEqual(["RST_STREAM 1 ENHANCE_YOUR_CALM"]);
    expect(end.handler.events).toEqual([]);
  });

  test("answers that nobody reads", () => {
    const end = End.served({ pausedOutputBytesMax: 10_000, controlBurst: 100_000 });
    end.wire.writable = false;
    end.receive(ping);
    end.take();
    // 17 bytes each.
    expect(until(end, 2000, () => ping)).toBe(588);
  });
});

describe("time limits", () => {
  test("a handshake that does not come", () => {
    const end = new End("server");
    end.receive(preface);
    for (let now = 0; now <= 10_000; now += 1000) end.connection.checkTimeouts(now + 5_000_000);
    expect(end.handler.closed).toBe(false);
    end.connection.checkTimeouts(5_011_000);
    expect(end.frames().at(-1)).toBe("GOAWAY 0 SETTINGS_TIMEOUT");
    expect(end.options.stats.timeouts).toBe(1);
  });

  test("SETTINGS that are not acknowledged", () => {
    const end = new End("server");
    end.receive(preface, settings());
    end.connection.checkTimeouts(0);
    end.connection.checkTimeouts(30_000);
    expect(end.handler.closed).toBe(false);
    end.connection.checkTimeouts(30_001);
    expect(end.frames().at(-1)).toBe("GOAWAY 0 SETTINGS_TIMEOUT");
  });

  test("a frame that dribbles in", () => {
    const end = End.served();
    const slow = headers(1, true);
    let at = 0;
    for (let now = 0; now < 31_000; now += 1000) {
      end.receive(slow.subarray(at, ++at));
      end.connection.checkTimeouts(now);
    }
    expect(end.handler.closed).toBe(false);
    end.connection.checkTimeouts(31_001);
    expect(end.frames().at(-1)).toMatch(CALM);
  });

  test("a header block that dribbles in, frame by frame", () => {
    const end = End.served();
    end.receive(frame(1, 0, 1, [0x82]));
    for (let now = 0; now <= 30_000; now += 1000) {
      if (now % 3000 === 0) end.receive(frame(9, 0, 1));
      end.connection.checkTimeouts(now);
    }
    expect(end.handler.closed).toBe(false);
    end.connection.checkTimeouts(30_001);
    expect(end.frames().at(-1)).toMatch(CALM);
  });

  test("frames cut in the middle are no dribble while whole ones come", () => {
    const end = End.served({ controlPerSecond: 1000 });
    let rest = Buffer.alloc(0);
    for (let now = 0; now < 100_000; now += 1000) {
      const bytes = Buffer.concat([rest, ping, ping]);
      end.receive(bytes.subarray(rest.length === 0 ? 0 : 5, bytes.length - 12));
      rest = bytes.subarray(bytes.length - 17);
      // The next chunk goes on where this one stopped.
      end.connection.checkTimeouts(now);
    }
    expect(end.handler.closed).toBe(false);
  });

  test("idle: only without streams, and gracefully", () => {
    const end = End.served({ idleTimeoutMs: 10_000 });
    end.receive(headers(1, false));
    for (let now = 0; now <= 50_000; now += 1000) end.connection.checkTimeouts(now);
    expect(end.handler.closed).toBe(false);
    end.handler.streams.get(1)!.sendHeaders(head, true);
    end.take();
    for (let now = 51_000; now <= 61_000; now += 1000) end.connection.checkTimeouts(now);
    expect(end.frames()).toEqual([]);
    end.connection.checkTimeouts(62_000);
    expect(end.frames()).toEqual(["GOAWAY 2147483647 NO_ERROR", "PING"]);
  });

  test("idle by default: for ever", () => {
    const end = End.served();
    for (let now = 0; now < 1e9; now += 1e7) end.connection.checkTimeouts(now);
    expect(end.handler.closed).toBe(false);
  });
});

describe("stats", () => {
  test("count what happened", () => {
    const client = new End("client");
    const server = new End("server");
    server.handler.headers = (stream) => stream.sendHeaders(head, true);
    exchange(client, server);
    for (let i = 0; i < 5; i++) client.connection.request(requestFields, true);
    exchange(client, server);
    expect(server.options.stats).toMatchObject({
      streamsOpened: 5,
      headerBlocksCached: 3,
      headerBlocksDecoded: 2,
      bytesReceived: client.options.stats.bytesSent,
      bytesSent: client.options.stats.bytesReceived,
    });
  });
});
