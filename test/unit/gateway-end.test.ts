import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { silentLogger } from "../../src/base/index.ts";
import { Registry } from "../../src/node/index.ts";
import { type Serving, serve } from "../../src/node/serve.ts";
import { defaultServeOptions, sha1, systemEnv } from "../../src/node/start-member.ts";
import { defaultMemberOptions } from "../../src/server/index.ts";
import { MemoryDisk } from "../../src/storage/disk/index.ts";
import { rpc } from "../../src/wire/proto/index.ts";
import { type Answer, exchange } from "../harness/http1.ts";

/*
 * What a member that stops owes the calls that it serves over HTTP: the time to end, then a last word, and never a body that breaks off.
 * etcd 3.7.1 says the same words.
 */

let serving: Serving;
let url = "";

beforeEach(async () => {
  const registry = new Registry();
  const urls = ["http://127.0.0.1:0"];
  serving = await serve(
    defaultServeOptions(defaultMemberOptions("/memory", sha1, { advertiseClientUrls: urls }), urls),
    new MemoryDisk(),
    registry,
    systemEnv(silentLogger, registry),
  );
  url = serving.urls[0]!;
});
afterEach(() => serving.close(0));

const key = Buffer.from("k").toString("base64");
const lastLine = '{"error":{"code":14,"message":"error reading from server: EOF"}}\n';
const header = /"header":\{[^}]*\}/;

function head(path: string, fields: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n`;
}

function post(path: string, message: unknown): string {
  const body = JSON.stringify(message);
  return `${head(path, `Content-Length: ${body.length}`)}${body}`;
}

async function call(path: string, message: unknown): Promise<void> {
  const answer = await exchange(url, post(path, message));
  expect(answer?.status).toBe(200);
}

/** Starts a stream; resolves once its first line is here, with the promise of all of it. */
async function open(request: string): Promise<{ readonly answer: Promise<Answer | undefined> }> {
  let answer: Promise<Answer | undefined> | undefined;
  await new Promise<void>((resolve) => {
    answer = exchange(url, request, { onBody: (body) => body.includes("\n") && resolve() });
  });
  return { answer: answer! };
}

function value(answer: Answer | undefined, name: string): string | undefined {
  return answer?.headers.find(([known]) => known.toLowerCase() === name)?.[1];
}

it("ends open streams with a last line and a last chunk", async () => {
  await call("/v3/lease/grant", { ID: 7, TTL: 600 });
  const object = '{"ID":7}';
  const watch = await open(post("/v3/watch", { create_request: { key } }));
  // Its body stays open.
  const keepAlive = await open(
    `${head("/v3/lease/keepalive", "Transfer-Encoding: chunked")}${object.length}\r\n${object}\r\n`,
  );
  const observe = exchange(url, post("/v3/election/observe", { name: key }));
  // Nothing tells that a silent stream has begun, but a request on a later connection is served later.
  await call("/v3/kv/put", { key });
  await serving.close(50);

  const watched = await watch.answer;
  expect(watched?.end).toBe("chunks");
  expect(watched?.body.replace(header, "#")).toMatch(/^\{"result":\{#,"created":true\}\}\n/);
  expect(watched?.body.endsWith(lastLine)).toBe(true);
  const kept = await keepAlive.answer;
  expect(kept?.end).toBe("chunks");
  expect(kept?.body.replace(header, "#")).toBe(`{"result":{#,"ID":"7","TTL":"600"}}\n${lastLine}`);
  const observed = await observe;
  expect([observed?.status, observed?.end, observed?.body]).toEqual([503, "chunks", lastLine]);
  expect(value(observed, "connection")).toBe("close");
});

it("answers a call that waits, and one whose body has not come", async () => {
  await call("/v3/lease/grant", { ID: 7, TTL: 600 });
  await call("/v3/lease/grant", { ID: 8, TTL: 600 });
  await call("/v3/lock/lock", { name: key, lease: 7 });
  const waiting = exchange(url, post("/v3/lock/lock", { name: key, lease: 8 }));
  const half = exchange(url, `${head("/v3/kv/put", "Content-Length: 100")}{`);
  await call("/v3/kv/put", { key });
  await serving.close(50);
  for (const answer of [await waiting, await half]) {
    expect([answer?.status, answer?.end, answer?.body]).toEqual([
      503,
      "length",
      '{"code":14,"message":"error reading from server: EOF"}',
    ]);
    expect(value(answer, "connection")).toBe("close");
  }
});

it("lets a call end by itself in the time that is left", async () => {
  await call("/v3/lease/grant", { ID: 7, TTL: 600 });
  await call("/v3/lease/grant", { ID: 8, TTL: 600 });
  await call("/v3/lock/lock", { name: key, lease: 7 });
  const waiting = exchange(url, post("/v3/lock/lock", { name: key, lease: 8 }));
  await call("/v3/kv/put", { key });
  const closing = serving.close(20_000);
  await serving.member.deleteRange(rpc.createDeleteRangeRequest({ key: Buffer.from("k/7") }));
  const answer = await waiting;
  expect(answer?.status).toBe(200);
  expect(answer?.body).toContain(`"key":"${Buffer.from("k/8").toString("base64")}"`);
  await closing;
});

it("takes no new connections meanwhile, and closes those it has after the next answer", async () => {
  const { hostname, port } = new URL(url);
  const watch = await open(post("/v3/watch", { create_request: { key } }));
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const gone = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  // Half a request keeps it from being idle.
  const request = "GET /version HTTP/1.1\r\nHost: h\r\n\r\n";
  socket.write(request.slice(0, 20));
  await call("/v3/kv/put", { key });
  const closing = serving.close(500);
  expect(await exchange(url, request)).toBeUndefined();
  socket.write(request.slice(20));
  await gone;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/\r\nConnection: close\r\n/i);
  await closing;
  expect((await watch.answer)?.body.endsWith(lastLine)).toBe(true);
});

it("ends streams that came by HTTP/2 the same way", async () => {
  const session = connectHttp2(url);
  const stream = session.request({ ":method": "POST", ":path": "/v3/watch" });
  let text = "";
  const first = new Promise<void>((resolve) => {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      resolve();
    });
  });
  const ended = new Promise<void>((resolve, reject) => {
    stream.on("end", () => resolve());
    stream.on("error", reject);
  });
  stream.end(JSON.stringify({ create_request: { key } }));
  await first;
  await serving.close(50);
  await ended;
  expect(text.endsWith(lastLine)).toBe(true);
  session.destroy();
});

it("ends a WebSocket with a last message", async () => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v3/watch`);
  const messages: string[] = [];
  const closed = new Promise<number>((resolve, reject) => {
    socket.on("close", resolve);
    socket.on("error", reject);
  });
  await new Promise<void>((resolve) => {
    socket.on("open", () => socket.send(JSON.stringify({ create_request: { key } })));
    socket.on("message", (data) => {
      messages.push(String(data));
      resolve();
    });
  });
  await serving.close(50);
  // 1006 would be a connection that broke.
  expect(await closed).toBe(1005);
  expect(messages.slice(1)).toEqual([lastLine.trim()]);
});

it("does not wait for a client that reads nothing", async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const gone = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  socket.write(post("/v3/watch", { create_request: { key } }));
  socket.pause();
  const put = rpc.createPutRequest({ key: Buffer.from("k"), value: new Uint8Array(1024 * 1024) });
  for (let i = 0; i < 12; i++) await serving.member.put(put);
  await serving.close(50);
  socket.resume();
  await gone;
});
