import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { HttpPeerNetwork } from "./http.ts";
import { uploadChunks } from "./network.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

// Only Linux answers for all of 127.0.0.0/8.
it.runIf(process.platform === "linux")("calls other members from the address it was given", async () => {
  const server = createServer((request, response) => response.end(request.socket.remoteAddress));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callerOf = async (network: HttpPeerNetwork): Promise<string> => {
    ends.push(() => network.close());
    const request = { method: "GET" as const, path: "/", headers: {}, body: new Uint8Array() };
    return Buffer.from((await network.request(url, request, 10_000)).body).toString();
  };
  expect(await callerOf(new HttpPeerNetwork())).toBe("127.0.0.1");
  expect(await callerOf(new HttpPeerNetwork(undefined, "127.0.0.2"))).toBe("127.0.0.2");
});

it("uploads a body whose memory is used again, to a reader that takes its time", async () => {
  const bytes = 150_000;
  const count = 200;
  let wrong = 0;
  let received = 0;
  const server = createServer(async (request, response) => {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte !== (Math.floor(received++ / bytes) & 0xff)) wrong++;
      if (received % 11 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    response.end("taken");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const network = new HttpPeerNetwork();
  ends.push(() => network.close());
  const pieces = Array.from({ length: uploadChunks }, () => new Uint8Array(bytes));
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < count; i++) yield pieces[i % uploadChunks]!.fill(i);
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = { method: "POST" as const, path: "/raft/snapshot", headers: {}, body: new Uint8Array() };
  const answer = await network.upload(url, request, body());
  expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([200, "taken"]);
  expect([received, wrong]).toEqual([bytes * count, 0]);
});

it("ends an upload whose reader goes away", async () => {
  const server = createServer((request) => request.once("data", () => request.socket.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const network = new HttpPeerNetwork();
  ends.push(() => network.close());
  let ended = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(100_000);
    } finally {
      ended = true;
    }
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = { method: "POST" as const, path: "/raft/snapshot", headers: {}, body: new Uint8Array() };
  await expect(network.upload(url, request, body())).rejects.toThrow();
  for (let i = 0; i < 200 && !ended; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(ended).toBe(true);
});

it("gives up answers that nobody waits for any longer, those that wait for a connection, too", async () => {
  let silent = true;
  const server = createServer((_, response) => {
    if (!silent) response.end("here");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const network = new HttpPeerNetwork();
  ends.push(() => network.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = { method: "POST" as const, path: "/leases", headers: {}, body: Buffer.from("x") };
  // More than there are connections to one member.
  const patience = Array.from({ length: 50 }, () => new AbortController());
  const asked = patience.map(({ signal }) => network.request(url, request, 60_000, signal));
  const outcomes = Promise.allSettled(asked);
  await once(server, "request");
  for (const each of patience) each.abort();
  expect(new Set((await outcomes).map(({ status }) => status))).toEqual(new Set(["rejected"]));
  await expect(network.request(url, request, 60_000, patience[0]!.signal)).rejects.toThrow("not waited for");
  silent = false;
  expect(Buffer.from((await network.request(url, request, 10_000)).body).toString()).toBe("here");
  await expect(network.request("http://127.0.0.1:1", request, 10_000, new AbortController().signal)).rejects.toThrow();
});
