import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type StartedMember, type StartMemberOptions, startMember } from "./start-member.ts";

const open: StartedMember[] = [];
const directories: string[] = [];

async function begin(options: StartMemberOptions = {}): Promise<StartedMember> {
  const started = await startMember(options);
  open.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((member) => member.close()));
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

const b64 = (text: string): string => Buffer.from(text).toString("base64");

async function post(member: StartedMember, path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(member.clientUrl + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe("startMember", () => {
  it("serves on a free port until it is closed, which may be said twice", async () => {
    const member = await begin();
    expect(member.clientUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${member.clientUrl}/health`)).json()).toEqual({ health: "true", reason: "" });
    await Promise.all([member.close(), member.close()]);
    await expect(fetch(`${member.clientUrl}/health`)).rejects.toThrow();
  });

  it("keeps its data in a directory, one process at a time", async () => {
    const directory = mkdtempSync(join(tmpdir(), "quorate-embed-"));
    directories.push(directory);
    const first = await begin({ storage: directory });
    await post(first, "/v3/kv/put", { key: b64("a"), value: b64("1") });
    await expect(startMember({ storage: directory })).rejects.toThrow(/lock/);
    await first.close();
    const second = await begin({ storage: directory });
    expect((await post(second, "/v3/kv/range", { key: b64("a") })).body).toMatchObject({ count: "1" });
  });

  it("says which port is taken, and leaves the directory alone", async () => {
    const first = await begin();
    const port = Number(new URL(first.clientUrl).port);
    await expect(startMember({ port })).rejects.toThrow(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
  });

  it("runs several members beside each other", async () => {
    const [one, two] = await Promise.all([begin(), begin()]);
    await post(one!, "/v3/kv/put", { key: b64("a"), value: b64("1") });
    expect((await post(two!, "/v3/kv/range", { key: b64("a") })).body).not.toHaveProperty("kvs");
  });
});

describe("options of startMember", () => {
  it.each<[unknown, string]>([
    [null, "startMember: options must be an object, not null"],
    [{ stroage: "memory" }, 'startMember: unknown option "stroage" (a string); did you mean "storage"?'],
    [{ ports: 1 }, 'startMember: unknown option "ports" (a number); did you mean "port"?'],
    [
      { dataDir: "x" },
      'startMember: unknown option "dataDir" (a string); known: name, storage, host, port, logger, onFatal, settings',
    ],
    [{ storage: 5 }, 'startMember: storage must be a directory, or "memory", not 5 (a number)'],
    [{ storage: "" }, 'startMember: storage must be a directory, or "memory", not "" (a string)'],
    [{ port: 70_000 }, "startMember: port must be a whole number from 0 to 65535, not 70000 (a number)"],
    [{ port: "2379" }, 'startMember: port must be a whole number from 0 to 65535, not "2379" (a string)'],
    [{ host: {} }, "startMember: host must be a string that is not empty, not an object"],
    [{ onFatal: 1 }, "startMember: onFatal must be a function, not 1 (a number)"],
    [{ settings: [] }, "startMember: settings must be an object, not an array of 0"],
    [
      { settings: { heartbeat: 5 } },
      'startMember: settings: unknown option "heartbeat" (a number); did you mean "heartbeatMs"?',
    ],
    [
      { settings: { heartbeatMs: Number.NaN } },
      "startMember: settings: heartbeatMs must be a number of milliseconds, above 0, not NaN (a number)",
    ],
    [
      { settings: { autoCompactionMode: "hourly" } },
      'startMember: settings: autoCompactionMode must be one of "periodic", "revision", not "hourly" (a string)',
    ],
    [
      { settings: { initialCluster: { a: ["http://127.0.0.1:1"] } } },
      "startMember: settings: initialCluster must be a Map from names to arrays of URLs, not an object",
    ],
    [{ settings: { name: "x" } }, 'startMember: settings: unknown option "name" (a string); '],
  ])("%#: %s", async (options, message) => {
    const error = await startMember(options as never).then(
      () => undefined,
      (why: unknown) => why,
    );
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message.startsWith(message)).toBe(true);
  });

  it("logger must be one", async () => {
    await expect(startMember({ logger: console as never })).rejects.toThrow("startMember: logger must be a logger");
  });
});

describe("the HTTP side of the client port", () => {
  it("answers the JSON gateway as etcd does: numbers as text, zeros left out, errors with code and message", async () => {
    const member = await begin();
    const put = await post(member, "/v3/kv/put", { key: b64("foo"), value: b64("bar") });
    expect(put).toMatchObject({ status: 200, body: { header: { revision: "2", raft_term: "2" } } });
    const range = await post(member, "/v3beta/kv/range", { key: b64("foo") });
    expect(range.body).toMatchObject({
      kvs: [{ key: b64("foo"), create_revision: "2", mod_revision: "2", version: "1", value: b64("bar") }],
      count: "1",
    });
    expect(await post(member, "/v3/kv/range", {})).toEqual({
      status: 400,
      body: { code: 3, message: "etcdserver: key is not provided" },
    });
    expect(await post(member, "/v3/kv/put", { key: b64("k"), lease: "77" })).toEqual({
      status: 404,
      body: { code: 5, message: "etcdserver: requested lease not found" },
    });
    expect((await post(member, "/v3/kv/range", "{bad")).status).toBe(400);
    expect(await post(member, "/v3/nothing", {})).toEqual({ status: 404, body: { code: 5, message: "Not Found" } });
    const get = await fetch(`${member.clientUrl}/v3/kv/range`);
    expect([get.status, await get.json()]).toEqual([501, { code: 12, message: "Method Not Allowed" }]);
  });

  it("streams a watch as lines of results, and ends it with the client", async () => {
    const member = await begin();
    await post(member, "/v3/kv/put", { key: b64("foo"), value: b64("1") });
    const abort = new AbortController();
    const response = await fetch(`${member.clientUrl}/v3/watch`, {
      method: "POST",
      body: JSON.stringify({ create_request: { key: b64("foo"), start_revision: "1" } }),
      signal: abort.signal,
    });
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array);
      if (text.split("\n").length > 2) break;
    }
    abort.abort();
    const [created, event] = text.split("\n").map((line) => (line === "" ? undefined : JSON.parse(line)));
    expect(created.result.created).toBe(true);
    expect(event.result.events[0].kv.value).toBe(b64("1"));
  });

  it("carries a watch over a WebSocket, create and cancel", async () => {
    const member = await begin();
    const socket = new WebSocket(`${member.clientUrl.replace("http", "ws")}/v3/watch`);
    const replies: { result: { created?: boolean; canceled?: boolean; events?: unknown[] } }[] = [];
    const waiting: (() => void)[] = [];
    socket.on("message", (data) => {
      replies.push(JSON.parse(data.toString()));
      waiting.shift()?.();
    });
    const next = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    await new Promise((resolve) => socket.once("open", resolve));
    let reply = next();
    socket.send(JSON.stringify({ create_request: { key: b64("k") } }));
    await reply;
    reply = next();
    await post(member, "/v3/kv/put", { key: b64("k"), value: b64("v") });
    await reply;
    reply = next();
    socket.send(JSON.stringify({ cancel_request: { watch_id: "0" } }));
    await reply;
    socket.close();
    expect(replies.map(({ result }) => [result.created, result.events?.length, result.canceled])).toEqual([
      [true, undefined, undefined],
      [undefined, 1, undefined],
      [undefined, undefined, true],
    ]);
  });

  it("tells versions, health in all forms, metrics and variables; refuses other methods and paths", async () => {
    const member = await begin();
    const at = async (path: string, method = "GET"): Promise<[number, string]> => {
      const response = await fetch(member.clientUrl + path, { method });
      return [response.status, await response.text()];
    };
    expect(await at("/readyz?verbose")).toEqual([
      200,
      "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n",
    ]);
    expect(await at("/livez")).toEqual([200, "ok\n"]);
    expect(await at("/livez/serializable_read")).toEqual([200, "ok\n"]);
    expect(await at("/livez/nothing")).toEqual([404, "404 page not found\n"]);
    expect(await at("/health", "POST")).toEqual([405, "Method Not Allowed\n"]);
    expect(await at("/")).toEqual([404, "404 page not found\n"]);
    const [status, text] = await at("/metrics");
    expect(status).toBe(200);
    expect(text).toContain('etcd_server_id{server_id="8e9e05c52164694d"} 1\n');
    expect(text).toContain("etcd_server_has_leader 1\n");
    expect(JSON.parse((await at("/debug/vars"))[1])["raft.status"]).toMatchObject({ raftState: "StateLeader" });
    expect(JSON.parse((await at("/version"))[1])).toMatchObject({ etcdserver: "3.7.1" });
  });

  it("redirects paths as Go does, and lives through any target, upgrades included", async () => {
    const member = await begin();
    const port = Number(new URL(member.clientUrl).port);
    const ask = (line: string, more = ""): Promise<string> =>
      new Promise((resolve, reject) => {
        let text = "";
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\n${more || "Connection: close\r\n"}\r\n`);
        });
        socket.on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
          // A connection that did not ask to be closed stays open.
          if (more !== "" && text.includes("\r\n\r\n")) socket.destroy();
        });
        socket.on("close", () => resolve(text));
        socket.on("error", reject);
      });
    const health = await ask("GET //health?a=b");
    expect(health).toMatch(/^HTTP\/1.1 307 Temporary Redirect\r\n/);
    expect(health).toContain("\r\nLocation: /health?a=b\r\n");
    expect(health).toContain('<a href="/health?a=b">Temporary Redirect</a>.\n\n');
    expect(await ask("POST /v3beta//kv/range")).toContain("\r\nLocation: /v3/kv/range\r\n");
    expect(await ask("GET /v3")).toContain("\r\nLocation: /v3/\r\n");
    const upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (const target of ["//", "//:x", "http://[", "/%zz", "/v3/kv/range", "*"]) {
      expect(await ask(`GET ${target}`, target === "/v3/kv/range" ? "" : upgrade)).toMatch(/^HTTP\/1.1 \d{3} /);
    }
    expect((await fetch(`${member.clientUrl}/health`)).status).toBe(200);
  });

  it("shows an alarm in /health and /readyz, unless it is excluded", async () => {
    const member = await begin();
    await post(member, "/v3/maintenance/alarm", { action: "ACTIVATE", memberID: "1", alarm: "CORRUPT" });
    const health = await fetch(`${member.clientUrl}/health`);
    expect([health.status, await health.text()]).toEqual([503, '{"health":"false","reason":"ALARM CORRUPT"}\n']);
    expect((await fetch(`${member.clientUrl}/health?exclude=CORRUPT`)).status).toBe(200);
    const ready = await fetch(`${member.clientUrl}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain("[-]data_corruption failed: alarm activated: CORRUPT\n");
  });

  it("bounds what a body may be", async () => {
    const member = await begin({ settings: { requestBytesMax: 10_000 } });
    const big = await post(member, "/v3/kv/put", { key: b64("k"), value: b64("x".repeat(20_000)) });
    expect(big).toEqual({ status: 400, body: { code: 3, message: "etcdserver: request is too large" } });
    const huge = await post(member, "/v3/kv/put", { key: b64("k"), value: b64("x".repeat(1_000_000)) });
    expect(huge.status).toBe(429);
  });

  it("grants CORS to every origin and answers preflights", async () => {
    const member = await begin();
    const response = await fetch(`${member.clientUrl}/v3/kv/range`, { method: "OPTIONS" });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toBe("POST, GET, OPTIONS, PUT, DELETE");
  });
});
