import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { HttpPeerNetwork } from "./http.ts";

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
