import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ManualTime } from "../../base/index.ts";
import { type Endpoint, TcpProxy } from "./tcp-proxy.ts";

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server that answers each connection with its name, then with what it hears, in capitals. */
async function shouter(name: string, port = 0): Promise<{ endpoint: Endpoint; stop: () => Promise<void> }> {
  const open = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.write(`${name}:`);
    socket.on("data", (data) => socket.write(data.toString().toUpperCase()));
    socket.on("end", () => socket.end("."));
    socket.on("error", () => {});
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  ends.push(stop);
  return { endpoint: { ...at(server), priority: 0, weight: 0 }, stop };
}

function at(server: Server): { host: string; port: number } {
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

async function proxyFor(endpoints: readonly Endpoint[], draws: number[] = []) {
  const time = new ManualTime();
  const lines: string[] = [];
  const heard: (() => void)[] = [];
  const proxy = new TcpProxy({
    endpoints,
    retryDelayMs: 60_000,
    scheduler: time,
    draw: (below) => {
      const drawn = draws.shift() ?? below - 1;
      expect(drawn).toBeLessThan(below);
      return drawn;
    },
    durationText: (ms) => `${ms}ms`,
    log: (_level, message) => {
      lines.push(message);
      for (const wake of heard.splice(0)) wake();
    },
  });
  const port = await proxy.listen("127.0.0.1:0");
  ends.push(() => proxy.close());
  /** Says one thing to the proxy's port and hears all that comes back. */
  const ask = async (said: string): Promise<string> => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let text = "";
    socket.on("data", (data) => {
      text += data.toString();
    });
    socket.end(said);
    await once(socket, "close");
    return text;
  };
  const logged = async (message: string): Promise<void> => {
    while (!lines.includes(message)) await new Promise<void>((resolve) => heard.push(resolve));
  };
  return { ask, time, lines, logged };
}

describe("a gateway", () => {
  it("hands bytes on both ways, and the end of each direction by itself", async () => {
    const a = await shouter("a");
    const { ask, lines } = await proxyFor([a.endpoint]);
    expect(lines).toEqual(["ready to proxy client requests"]);
    expect(await ask("hello")).toBe("a:HELLO.");
  });

  it("takes endpoints without weights in turn", async () => {
    const [a, b] = [await shouter("a"), await shouter("b")];
    const { ask } = await proxyFor([a.endpoint, b.endpoint]);
    const told = [await ask(""), await ask(""), await ask(""), await ask("")];
    expect(told).toEqual(["a:.", "b:.", "a:.", "b:."]);
  });

  it("leaves out an endpoint that is away, until it is back when looked at again", async () => {
    const [a, b] = [await shouter("a"), await shouter("b")];
    await a.stop();
    const { ask, time, lines, logged } = await proxyFor([a.endpoint, b.endpoint]);
    expect([await ask(""), await ask(""), await ask("")]).toEqual(["b:.", "b:.", "b:."]);
    expect(lines.filter((line) => line === "deactivated endpoint")).toHaveLength(1);
    time.advance(60_000);
    await logged("failed to activate endpoint (stay inactive for another interval)");
    await shouter("a again", a.endpoint.port);
    time.advance(60_000);
    await logged("activated");
    expect([await ask(""), await ask("")].sort()).toEqual(["a again:.", "b:."]);
  });

  it("closes connections when no endpoint is there", async () => {
    const a = await shouter("a");
    await a.stop();
    const { ask, lines } = await proxyFor([a.endpoint]);
    expect(await ask("hello")).toBe("");
    expect(lines).toContain("deactivated endpoint");
  });

  it("goes by priority first, then by weight", async () => {
    const [a, b, c] = [await shouter("a"), await shouter("b"), await shouter("c")];
    const endpoints = [
      { ...a.endpoint, priority: 1, weight: 1 },
      { ...b.endpoint, priority: 1, weight: 3 },
      { ...c.endpoint, priority: 2, weight: 9 },
    ];
    const { ask } = await proxyFor(endpoints, [0, 1, 3]);
    expect([await ask(""), await ask(""), await ask("")]).toEqual(["a:.", "b:.", "b:."]);
    await a.stop();
    await b.stop();
    expect(await ask("")).toBe("c:.");
  });

  it("seldom takes one without weight where others have one", async () => {
    const [a, b] = [await shouter("a"), await shouter("b")];
    const { ask } = await proxyFor([a.endpoint, { ...b.endpoint, weight: 5 }], [1, 0, 0]);
    expect([await ask(""), await ask("")]).toEqual(["b:.", "a:."]);
  });
});
