import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { http1Options, serveLikeGo } from "./http1.ts";
import { callerAddress, plainAddress } from "./net.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

interface Stand {
  readonly http: HttpServer;
  readonly port: number;
  /** Server sides of the connections, in the order they came. */
  readonly sockets: Socket[];
  readonly garbage: () => number;
}

/** A server as the project's are: connections come from a listener of its own. */
async function stand(listener: RequestListener, more: Record<string, number> = {}): Promise<Stand> {
  const http = createHttpServer({ ...http1Options, ...more }, listener);
  let garbage = 0;
  serveLikeGo(http, () => garbage++);
  const sockets: Socket[] = [];
  const tcp: Server = createServer((socket) => {
    sockets.push(socket);
    http.emit("connection", socket);
  });
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    tcp.close();
    http.close();
  });
  return { http, port: (tcp.address() as AddressInfo).port, sockets, garbage: () => garbage };
}

class Caller {
  readonly socket: Socket;
  seen = "";
  closed = false;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.on("data", (chunk: Buffer) => {
      this.seen += chunk.toString("latin1");
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
    endings.push(() => this.socket.destroy());
  }

  /** Sends, and gives what came since, once it ends with `end` or the connection is closed. */
  async say(bytes: string, end: string): Promise<string> {
    this.seen = "";
    this.socket.write(bytes, "latin1");
    while (!this.closed && !this.seen.endsWith(end)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.seen;
  }
}

const hello: RequestListener = (_request, response) => response.end("hello");
const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

describe("an HTTP/1 server", () => {
  it("has Go's limits and none of Node's", async () => {
    const { http } = await stand(hello);
    const { keepAliveTimeout, headersTimeout, requestTimeout, timeout, maxHeadersCount, maxRequestsPerSocket } = http;
    expect({
      keepAliveTimeout,
      headersTimeout,
      requestTimeout,
      timeout,
      maxHeadersCount,
      maxRequestsPerSocket,
    }).toEqual({
      keepAliveTimeout: 0,
      headersTimeout: 300_000,
      requestTimeout: 0,
      timeout: 0,
      maxHeadersCount: 0,
      maxRequestsPerSocket: 0,
    });
  });

  it("keeps a connection that is idle", async () => {
    const { port, sockets } = await stand(hello, { headersTimeout: 400, connectionsCheckingInterval: 20 });
    const idle = new Caller(port);
    const first = await idle.say(get, "hello");
    expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    // Node would promise, and keep, `timeout=5`.
    expect(first).not.toMatch(/keep-alive: timeout/i);
    expect(sockets[0]!.timeout ?? 0).toBe(0);
    // A caller whose head does not come is closed, which tells that the time has passed for the idle one, too.
    const slow = new Caller(port);
    expect(await slow.say("GET / HTTP/1.1\r\n", "never")).toBe("");
    expect([slow.closed, idle.closed]).toEqual([true, false]);
    expect(await idle.say(get, "hello")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it("reads heads of up to a mebibyte, however many fields they have", async () => {
    const { port } = await stand((request, response) => {
      response.end(`${request.headers["x-long"]?.length ?? 0} ${request.rawHeaders.length / 2}.`);
    });
    const caller = new Caller(port);
    const long = (size: number): string => `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(size)}\r\n\r\n`;
    expect(await caller.say(long(64 * 1024), ".")).toContain("\r\n\r\n65536 2.");
    expect(await caller.say(long(1_000_000), ".")).toContain("\r\n\r\n1000000 2.");
    const many = Array.from({ length: 3000 }, (_, i) => `X-${i}: 1\r\n`).join("");
    expect(await caller.say(`GET / HTTP/1.1\r\nHost: x\r\n${many}\r\n`, ".")).toContain("\r\n\r\n0 3001.");
    expect(await caller.say(long(1_100_000), "never")).toBe(
      "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n431 Request Header Fields Too Large",
    );
  });

  it.each([
    ["GET / HTTP/x\r\n\r\n", "400 Bad Request", "400 Bad Request"],
    ["GET / HTTP/1.1\r\nHost: x\r\nX\x01: y\r\n\r\n", "400 Bad Request", "400 Bad Request"],
    [
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "400 Bad Request",
      "400 Bad Request",
    ],
    ["FOO / HTTP/1.1\r\nHost: x\r\n\r\n", "405 Method Not Allowed", "Method Not Allowed\n"],
    ["CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", "404 Not Found", "404 page not found\n"],
  ])("answers %j: %s", async (bytes, status, body) => {
    const { port } = await stand(hello);
    expect(await new Caller(port).say(bytes, "never")).toBe(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${body}`,
    );
  });

  it("tells of garbage, and not of callers that are gone", async () => {
    const { port, sockets, garbage } = await stand(hello);
    await new Caller(port).say("\x00\x01\x02\x03\r\n\r\n", "never");
    // A handshake of TLS on a port without it.
    expect(await new Caller(port).say("\x16\x03\x01\x00\xc8\x01\x00\x00\r\n", "never")).toContain("400 Bad Request");
    await new Caller(port).say("FOO / HTTP/1.1\r\n\r\n", "never");
    expect(garbage()).toBe(2);
    const gone = new Caller(port);
    gone.socket.write("GET / HT");
    gone.socket.on("connect", () => gone.socket.resetAndDestroy());
    await gone.say("", "never");
    await expect.poll(() => sockets[3]?.destroyed).toBe(true);
    expect(garbage()).toBe(2);
  });

  it("puts no second head into an answer that has begun", async () => {
    const { port } = await stand((request, response) => {
      response.write("begun");
      request.resume();
    });
    const caller = new Caller(port);
    await caller.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "begun\r\n");
    expect(await caller.say("zz\r\n", "never")).toBe("");
    expect(caller.closed).toBe(true);
  });
});

it("writes addresses as Go does", () => {
  expect(plainAddress("::ffff:10.1.2.3")).toBe("10.1.2.3");
  expect(plainAddress("::ffff:a")).toBe("::ffff:a");
  expect(plainAddress(undefined)).toBe("");
  expect(callerAddress({ remoteAddress: "::ffff:10.1.2.3", remotePort: 9 })).toBe("10.1.2.3:9");
  expect(callerAddress({ remoteAddress: "::1", remotePort: 9 })).toBe("[::1]:9");
});
