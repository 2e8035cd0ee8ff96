import { createServer } from "node:net";
import { expect, it } from "vitest";
import { canReusePort, listenOptions } from "./listen.ts";

it.each([
  ["20.19.0", false],
  ["22.11.9", false],
  ["22.12.0", true],
  ["24.0.0", true],
])("Node %s shares ports: %s", (node, can) => {
  expect(canReusePort(node)).toBe(can);
});

it("asks for a shared port only when told to", () => {
  expect(listenOptions("http://127.0.0.1:1")).toEqual({ host: "127.0.0.1", port: 1, backlog: 4096 });
  expect(listenOptions("http://[::1]:1", true)).toEqual({ host: "::1", port: 1, backlog: 4096, reusePort: true });
  expect(listenOptions("unix://localhost:2379", true)).toEqual({ path: "localhost:2379" });
});

it.skipIf(!canReusePort())("two listeners share a port", async () => {
  const [first, second] = [createServer(), createServer()];
  const listening = (server: typeof first, port: number) =>
    new Promise<number>((resolve, reject) => {
      server.on("error", reject);
      const url = `http://127.0.0.1:${port}`;
      server.listen(listenOptions(url, true), () => resolve((server.address() as { port: number }).port));
    });
  const port = await listening(first, 0);
  expect(await listening(second, port)).toBe(port);
  first.close();
  second.close();
});
