import { describe, expect, test } from "vitest";
import {
  data,
  describeFrame,
  End,
  exchange,
  frame,
  headers,
  parseFrames,
  requestFields,
  settings,
  uint32,
} from "../../../test/harness/http2.ts";
import { prepareHeaders } from "./prepared.ts";
import type { Http2Stream } from "./types.ts";

const head = prepareHeaders([[":status", "200"]]);
const trailers = prepareHeaders([["grpc-status", "0"]]);

/** A server with one request on stream 1 that awaits its answer. */
function asked(
  options: Parameters<typeof End.served>[0],
  ...peer: [name: number, value: number][]
): [End, Http2Stream] {
  const end = End.served(options, ...peer);
  end.receive(headers(1, true));
  return [end, end.handler.streams.get(1)!];
}

describe("sending", () => {
  test("the stream's window holds data back, trailers behind it", () => {
    const [end, stream] = asked({}, [4, 3]);
    stream.sendUnary(head, Buffer.from("hello"), [], trailers);
    expect(end.frames()).toEqual(["HEADERS 1", "DATA 1 3"]);
    expect(stream.bufferedBytes).toBe(2);
    expect(stream.localEnded).toBe(true);
    end.receive(frame(8, 0, 1, uint32(1)));
    expect(end.frames()).toEqual(["DATA 1 1"]);
    end.receive(frame(8, 0, 1, uint32(100)));
    expect(end.frames()).toEqual(["DATA 1 1", "HEADERS 1 end"]);
    expect(stream.closed).toBe(true);
    // Ended streams have nothing to drain for.
    expect(end.handler.events).toHaveLength(1);
  });

  test("data of one stream in a row shares frames, up to the size that the peer takes", () => {
    const end = End.served({}, [5, 20_000]);
    end.receive(headers(1, true), headers(3, true));
    const [one, three] = [1, 3].map((id) => end.handler.streams.get(id)!) as [Http2Stream, Http2Stream];
    for (const stream of [one, three]) stream.sendHeaders(head, false);
    end.frames();
    const prefix = Buffer.from("0123456789 not this");
    for (let i = 0; i < 5; i++) one.sendMessage(prefix, 10, Buffer.alloc(4000, `${i}`));
    one.sendData([Buffer.from("a"), Buffer.from("b")], false);
    three.sendMessage(prefix, 10, Buffer.from("x"));
    one.sendMessage(prefix, 10, Buffer.from("y"));
    // A piece that is not copied into the output belongs to the frame like any other.
    one.sendData([Buffer.alloc(10_000, "r")], false);
    one.sendMessage(prefix, 10, Buffer.from("z"));
    one.sendData([Buffer.from("last")], true);
    const sent = parseFrames(end.take());
    expect(sent.map(describeFrame)).toEqual([
      "DATA 1 16040",
      "DATA 1 4012",
      "DATA 3 11",
      "DATA 1 10022",
      "DATA 1 4 end",
    ]);
    const text = sent.filter(({ streamId }) => streamId === 1).map(({ payload }) => payload.toString());
    const row = (letter: string, times: number) => letter.repeat(times);
    expect(text.join("")).toBe(
      `${[0, 1, 2, 3, 4].map((i) => `0123456789${row(`${i}`, 4000)}`).join("")}ab0123456789y${row("r", 10_000)}0123456789zlast`,
    );
    // What was written stays as it is.
    three.sendMessage(prefix, 10, Buffer.from("x"));
    const before = end.take();
    three.sendMessage(prefix, 10, Buffer.from("y"));
    expect(parseFrames(before).map(describeFrame)).toEqual(["DATA 3 11"]);
    expect(end.frames()).toEqual(["DATA 3 11"]);
  });

  test("a message in two parts waits for windows like any other, though its head is used again", () => {
    const [end, stream] = asked({}, [4, 8]);
    stream.sendHeaders(head, false);
    const prefix = Buffer.from("abcd");
    stream.sendMessage(prefix, 3, Buffer.from("12"));
    stream.sendMessage(prefix, 4, Buffer.from("34"));
    prefix.fill("-");
    stream.sendMessage(prefix, 1, Buffer.from("5"));
    expect(stream.bufferedBytes).toBe(5);
    end.receive(frame(8, 0, 1, uint32(100)));
    const sent = parseFrames(end.take()).filter(({ type }) => type === 0);
    expect(Buffer.concat(sent.map(({ payload }) => payload)).toString()).toBe("abc12abcd34-5");
  });

  test("memory of output that the socket is done with is written anew, other output stays as it is", () => {
    const [end, stream] = asked({});
    const { wire } = end;
    stream.sendHeaders(head, false);
    end.frames();
    const pieces: Uint8Array[][] = [];
    const write = wire.write.bind(wire);
    wire.write = (given) => {
      pieces.push(given);
      return write(given);
    };
    let free = true;
    wire.released = () => free;
    const say = (text: string): Uint8Array => {
      stream.sendData([Buffer.from(text)], false);
      end.connection.flush();
      return pieces.at(-1)![0]!;
    };
    const first = say("first");
    const second = say("second");
    expect([second.buffer, second.byteOffset]).toEqual([first.buffer, first.byteOffset]);
    free = false;
    const third = say("third");
    free = true;
    say("fourth");
    expect(Buffer.from(third.subarray(9)).toString()).toBe("third");
    expect(parseFrames(end.take()).map(({ payload }) => payload.toString())).toEqual([
      "first",
      "second",
      "third",
      "fourth",
    ]);
  });

  test("who waits for what was sent is told when the output has sent it, and no earlier", () => {
    const [end, stream] = asked({}, [4, 10]);
    const { wire } = end;
    const given: ((() => void) | undefined)[] = [];
    const write = wire.write.bind(wire);
    wire.write = (pieces, sent) => {
      given.push(sent);
      return write(pieces);
    };
    const told: string[] = [];
    stream.sendHeaders(head, false);
    stream.sendData([Buffer.alloc(10)], false);
    stream.whenSent(() => told.push("ten"));
    stream.sendData([Buffer.alloc(5)], false);
    stream.whenSent(() => told.push("fifteen"));
    stream.sendData([Buffer.alloc(7)], false);
    stream.whenSent(() => told.push("all"));
    end.connection.flush();
    expect(told).toEqual([]);
    given.pop()?.();
    expect(told).toEqual(["ten"]);
    // The window lets out the five, and one of the seven.
    end.receive(frame(8, 0, 1, uint32(6)));
    end.connection.flush();
    expect(told).toEqual(["ten"]);
    given.pop()?.();
    expect(told).toEqual(["ten", "fifteen"]);
    end.receive(frame(8, 0, 1, uint32(6)));
    end.connection.flush();
    given.pop()?.();
    expect(told).toEqual(["ten", "fifteen", "all"]);
    // Nothing is gathered any more: the output alone knows.
    stream.whenSent(() => told.push("again"));
    end.connection.flush();
    given.pop()?.();
    expect(told).toEqual(["ten", "fifteen", "all", "again"]);
  });

  test("who waits for what a stream sent is not told when the stream dies before", () => {
    const [end, stream] = asked({}, [4, 1]);
    const told: string[] = [];
    stream.sendHeaders(head, false);
    stream.sendData([Buffer.alloc(10)], false);
    stream.whenSent(() => told.push("sent"));
    end.receive(frame(3, 0, 1, uint32(8)));
    stream.whenSent(() => told.push("late"));
    end.receive(frame(8, 0, 0, uint32(100)));
    end.connection.flush();
    expect(told).toEqual([]);
  });

  test("unary answers use up the connection's window, and wait for it", () => {
    const end = End.served({}, [4, 0x7fffffff]);
    const answers: string[] = [];
    for (let id = 1; id <= 31; id += 2) {
      end.receive(headers(id, true));
      end.handler.streams.get(id)!.sendUnary(head, Buffer.alloc(8000), [], trailers);
      answers.push(...end.frames());
    }
    // Eight whole ones in 65535 bytes, then what is left, then heads only.
    expect(answers.filter((line) => line.startsWith("DATA"))).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `DATA ${2 * i + 1} 8000`),
      "DATA 17 1535",
    ]);
    expect(answers.at(-1)).toBe("HEADERS 31");
    expect(end.connection.openStreams).toBe(8);
    end.receive(frame(8, 0, 0, uint32(1 << 20)));
    expect(end.frames().slice(0, 4)).toEqual(["DATA 17 6465", "HEADERS 17 end", "DATA 19 8000", "HEADERS 19 end"]);
    expect(end.connection.openStreams).toBe(0);
  });

  test("a unary answer that waits behind the peer's smaller table says so first", () => {
    const [end, stream] = asked({}, [1, 0]);
    stream.sendUnary(head, Buffer.from("x"), [], trailers);
    const [first, , last] = parseFrames(end.take());
    expect(first!.payload.toString("hex")).toBe("2088");
    expect(Buffer.from(trailers.bytes).equals(last!.payload)).toBe(true);
  });

  test("the connection's window is shared in turn", () => {
    const end = End.served({}, [4, 0x7fffffff]);
    end.receive(headers(1, true), headers(3, true));
    for (const id of [1, 3]) {
      const stream = end.handler.streams.get(id)!;
      stream.sendHeaders(head, false);
      stream.sendData([Buffer.alloc(100_000)], true);
    }
    const sent = end.frames();
    // All of the first, since it came when the window was whole; then nothing.
    expect(sent.filter((line) => line.startsWith("DATA"))).toEqual([
      "DATA 1 16384",
      "DATA 1 16384",
      "DATA 1 16384",
      "DATA 1 16383",
    ]);
    end.receive(frame(8, 0, 0, uint32(16384 * 4)));
    expect(end.frames()).toEqual(["DATA 1 16384", "DATA 3 16384", "DATA 1 16384", "DATA 3 16384"]);
    end.receive(frame(8, 0, 0, uint32(1 << 20)));
    expect(end.frames().slice(-2)).toEqual(["DATA 3 16384", "DATA 3 1696 end"]);
    expect(end.connection.openStreams).toBe(0);
  });

  test("END_STREAM needs no window", () => {
    const [end, stream] = asked({}, [4, 0]);
    stream.sendHeaders(head, false);
    stream.sendData([], true);
    expect(end.frames()).toEqual(["HEADERS 1", "DATA 1 0 end"]);
  });

  test("END_STREAM behind queued data goes with the last of it", () => {
    const [end, stream] = asked({}, [4, 2]);
    stream.sendData([Buffer.from("abc")], false);
    stream.sendData([], true);
    stream.sendData([Buffer.from("ignored")], false);
    end.receive(frame(8, 0, 1, uint32(5)));
    expect(end.frames()).toEqual(["DATA 1 2", "DATA 1 1 end"]);
  });

  test("SETTINGS_INITIAL_WINDOW_SIZE moves open windows, below zero if need be", () => {
    const [end, stream] = asked({}, [4, 10]);
    stream.sendHeaders(head, false);
    stream.sendData([Buffer.alloc(8)], false);
    end.receive(settings([4, 3]));
    stream.sendData([Buffer.alloc(4)], false);
    expect(end.frames()).toEqual(["HEADERS 1", "DATA 1 8", "SETTINGS ack"]);
    end.receive(frame(8, 0, 1, uint32(5)));
    expect(end.frames()).toEqual([]);
    end.receive(frame(8, 0, 1, uint32(1)));
    expect(end.frames()).toEqual(["DATA 1 1"]);
    end.receive(settings([4, 100]));
    // The acknowledgement goes first: the data below relies on the new value.
    expect(end.frames()).toEqual(["SETTINGS ack", "DATA 1 3"]);
    expect(end.handler.events.at(-1)).toBe("drain 1");
  });

  test("larger frames when the peer takes them", () => {
    const [end, stream] = asked({}, [5, 40_000]);
    stream.sendData([Buffer.alloc(30_000), Buffer.alloc(20_000)], false);
    expect(end.frames()).toEqual(["DATA 1 40000", "DATA 1 10000"]);
  });

  test("many small pieces across frames keep their order", () => {
    const [end, stream] = asked({});
    const whole = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += 777) pieces.push(whole.subarray(at, at + 777), new Uint8Array(0));
    stream.sendData(pieces, true);
    const client = End.connected();
    client.connection.request(requestFields, true);
    client.receive(headers(1, false, [[":status", "200"]]), end.take());
    expect(client.handler.body(1).equals(whole)).toBe(true);
  });

  test("while the socket is backed up no data goes; then it goes on", () => {
    const [end, stream] = asked({});
    end.wire.writable = false;
    stream.sendHeaders(head, false);
    expect(end.frames()).toEqual(["HEADERS 1"]);
    stream.sendData([Buffer.alloc(10)], false);
    end.receive(frame(6, 0, 0, Buffer.alloc(8)));
    expect(end.frames()).toEqual(["PING ack"]);
    expect(stream.bufferedBytes).toBe(10);
    end.wire.writable = true;
    end.connection.resume();
    expect(end.frames()).toEqual(["DATA 1 10"]);
    expect(end.handler.events.at(-1)).toBe("drain 1");
  });

  test("a large answer is streamed: bounded in our memory, whole at the other end", () => {
    const client = new End("client", { connectionWindowBytes: 1 << 20, streamWindowBytes: 1 << 18 });
    const server = new End("server", { gatherBytesMax: 64 * 1024 });
    exchange(client, server);
    const chunk = Buffer.alloc(100_000, "x");
    let left = 300;
    let most = 0;
    const produce = (stream: Http2Stream): void => {
      while (left > 0 && stream.bufferedBytes === 0) {
        left--;
        stream.sendData([chunk], left === 0);
        most = Math.max(most, stream.bufferedBytes);
      }
    };
    server.handler.headers = (stream) => {
      stream.sendHeaders(head, false);
      produce(stream);
    };
    server.handler.drain = produce;
    let received = 0;
    client.handler.onData = (stream, piece) => {
      received += piece.length;
      stream.consume(piece.length);
    };
    client.connection.request(requestFields, true);
    // The server's socket is backed up after every write.
    for (let i = 0; i < 20_000 && client.connection.openStreams > 0; i++) {
      server.wire.writable = false;
      const toClient = server.take();
      client.receive(toClient);
      server.receive(client.take());
      server.wire.writable = true;
      server.connection.resume();
      expect(server.connection.gatheredBytes).toBeLessThan(200_000);
    }
    expect(received).toBe(300 * 100_000);
    expect(most).toBeLessThanOrEqual(100_000);
  });
});

describe("receiving", () => {
  const small = { streamWindowBytes: 65535, connectionWindowBytes: 65535 };

  test("credit comes back in batches of half a window", () => {
    const end = End.served(small);
    end.receive(headers(1, false), data(1, false, Buffer.alloc(16384)));
    expect(end.frames()).toEqual([]);
    end.receive(data(1, false, Buffer.alloc(16384)));
    expect(end.frames()).toEqual(["WINDOW_UPDATE 0 32768", "WINDOW_UPDATE 1 32768"]);
  });

  test("no credit without consume, and none beyond what was received", () => {
    const end = End.served(small);
    end.handler.autoConsume = false;
    end.receive(headers(1, false), ...new Array(3).fill(data(1, false, Buffer.alloc(16384))));
    expect(end.frames()).toEqual([]);
    end.handler.streams.get(1)!.consume(1_000_000);
    end.handler.streams.get(1)!.consume(1_000_000);
    expect(end.frames()).toEqual(["WINDOW_UPDATE 0 49152", "WINDOW_UPDATE 1 49152"]);
  });

  test("a stream that closes gives the connection back what nobody consumed", () => {
    const end = End.served(small);
    end.handler.autoConsume = false;
    end.receive(headers(1, false), ...new Array(3).fill(data(1, false, Buffer.alloc(16384))));
    end.handler.streams.get(1)!.reset(8);
    expect(end.frames()).toEqual(["RST_STREAM 1 CANCEL", "WINDOW_UPDATE 0 49152"]);
    // As does data that comes for it later.
    end.receive(...new Array(3).fill(data(1, false, Buffer.alloc(16000))));
    expect(end.frames()).toEqual(["WINDOW_UPDATE 0 48000"]);
  });

  test("no credit for a stream that ended", () => {
    const end = End.served(small);
    end.receive(headers(1, false), data(1, false, Buffer.alloc(16384)), data(1, true, Buffer.alloc(16384)));
    expect(end.frames()).toEqual(["WINDOW_UPDATE 0 32768"]);
  });

  test("too much on a stream ends the stream", () => {
    const end = End.served({ ...small, connectionWindowBytes: 1 << 20 });
    end.handler.autoConsume = false;
    end.receive(headers(1, false), ...new Array(4).fill(data(1, false, Buffer.alloc(16384))));
    expect(end.frames()).toEqual(["RST_STREAM 1 FLOW_CONTROL_ERROR"]);
    expect(end.handler.events.at(-1)).toBe("reset 1 FLOW_CONTROL_ERROR");
  });

  test("too much on the connection ends the connection", () => {
    const end = End.served({ ...small, streamWindowBytes: 1 << 20 });
    end.handler.autoConsume = false;
    end.receive(headers(1, false), ...new Array(4).fill(data(1, false, Buffer.alloc(16384))));
    expect(end.frames()).toEqual(["GOAWAY 1 FLOW_CONTROL_ERROR"]);
  });

  test("a window smaller than the default holds once it is acknowledged", () => {
    const end = new End("server", { streamWindowBytes: 1000, connectionWindowBytes: 65535 });
    end.handler.autoConsume = false;
    end.receive(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings(), headers(1, false));
    end.receive(data(1, false, Buffer.alloc(2000)));
    end.receive(frame(4, 1, 0), headers(3, false), data(3, false, Buffer.alloc(1001)));
    expect(end.frames()).toEqual(["SETTINGS", "SETTINGS ack", "RST_STREAM 3 FLOW_CONTROL_ERROR"]);
  });
});
