import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type StartedMember, startMember } from "../../src/node/index.ts";
import { type Essence, gatewayRequests, playGatewayRequests } from "../harness/gateway-requests.ts";

const recorded: Record<string, Essence> = JSON.parse(
  readFileSync(new URL("../fixtures/gateway-3.7.1/http.json", import.meta.url), "utf8"),
);

describe("the gateway answers over HTTP as etcd 3.7.1 did", () => {
  let member: StartedMember;
  let own: Record<string, Essence> = {};

  beforeAll(async () => {
    member = await startMember();
    own = await playGatewayRequests(member.clientUrl);
  });
  afterAll(() => member.close());

  it("and every answer was recorded", () => {
    const names = gatewayRequests.flatMap(({ requests }) => requests.map(({ name }) => name));
    expect(Object.keys(recorded)).toEqual(names);
  });

  it.each(Object.keys(recorded))("%s", (name) => {
    expect(own[name]).toEqual(recorded[name]);
  });
});

describe("WebSockets, as etcd 3.7.1's gateway takes them", () => {
  let member: StartedMember;
  beforeAll(async () => {
    member = await startMember();
  });
  afterAll(() => member.close());

  const watch = JSON.stringify({ create_request: { key: "aw==" } });

  /** What is told until the other side closes, or until so many messages have come. */
  function play(
    path: string,
    sends: readonly (string | Buffer)[],
    messages: number,
    options: { protocols?: string[]; headers?: Record<string, string> } = {},
  ): Promise<string[]> {
    const url = `${member.clientUrl.replace("http", "ws")}${path}`;
    const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} });
    return new Promise((resolve) => {
      const said: string[] = [];
      const end = (): void => {
        resolve([...said]);
        socket.terminate();
      };
      socket.on("error", () => {});
      socket.on("unexpected-response", (_, response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () => {
          said.push(`HTTP ${response.statusCode} ${body}`);
          end();
        });
      });
      socket.on("open", () => {
        if (socket.protocol !== "") said.push(`protocol ${socket.protocol}`);
        for (const one of sends) socket.send(one);
      });
      socket.on("message", (data) => {
        said.push(String(data).replace(/"header":\{[^}]*\}/, '"header":{}'));
        if (said.length === messages) end();
      });
      socket.on("close", () => {
        said.push("closed");
        end();
      });
    });
  }

  const created = '{"result":{"header":{},"created":true}}';

  it("are served on every path of the gateway and are pages elsewhere", async () => {
    expect(await play("/v3/watch", [watch], 1)).toEqual([created]);
    expect(await play("/v3beta/watch", [watch], 1)).toEqual([created]);
    expect(await play("/v3%2Fwatch", [watch], 1)).toEqual(["HTTP 404 404 page not found\n"]);
    expect(await play("/v3/none", [watch], 9)).toEqual(['{"code":5,"message":"Not Found"}', "closed"]);
    expect(await play("/version", [], 1)).toEqual([
      'HTTP 200 {"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}',
    ]);
    expect(await play("/none", [], 1)).toEqual(["HTTP 404 404 page not found\n"]);
  });

  it("take requests as text or bytes, cut or joined anyhow", async () => {
    expect(await play("/v3/watch", [watch.slice(0, 9), watch.slice(9)], 1)).toEqual([created]);
    expect(await play("/v3/watch", [Buffer.from(watch)], 1)).toEqual([created]);
    expect(await play("/v3/watch", [watch + watch], 2)).toHaveLength(2);
  });

  it("tell a message that cannot be read, and end", async () => {
    expect(await play("/v3/election/observe", ['{"name":5}'], 9)).toEqual([
      '{"code":3,"message":"proto: (line 1:9): invalid value for bytes field name: 5"}',
      "closed",
    ]);
  });

  it("hear nothing of the header fields of their handshake", async () => {
    for (const headers of [{ "Grpc-Timeout": "bad" }, { "Grpc-Timeout": "1n" }, { "Grpc-Metadata-X-Bin": "!" }]) {
      expect(await play("/v3/watch", [watch], 1, { headers })).toEqual([created]);
    }
    expect(await play("/v3/watch", [watch], 2, { protocols: ["Bearer", "token"] })).toEqual([
      "protocol Bearer",
      created,
    ]);
  });
});
