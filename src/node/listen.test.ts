import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type ListenOptions, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { boundAddress, canReusePort, ListenError, listenAddress, listenOn, tcpServer } from "./listen.ts";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

function server(): Server {
  const made = tcpServer((socket) => socket.end(`${socket.remoteAddress}`));
  servers.push(made);
  return made;
}

async function listening(url: string, reusePort = false): Promise<Server> {
  const made = server();
  await listenOn(made, url, reusePort);
  return made;
}

const portOf = (of: Server): number => (of.address() as { port: number }).port;

/** Who the server takes the caller for, or the code of the error. */
function call(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let seen = "";
    const socket = connect({ host, port });
    socket.on("data", (chunk) => {
      seen += chunk.toString();
    });
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => resolve(code));
    socket.on("close", () => resolve(seen));
  });
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

it.each([
  ["20.19.0", false],
  ["22.11.9", false],
  ["22.12.0", true],
  ["24.0.0", true],
])("Node %s shares ports: %s", (node, can) => {
  expect(canReusePort(node)).toBe(can);
});

describe("a listen URL", () => {
  it.each([
    ["http://127.0.0.1:1", { host: "127.0.0.1", port: 1 }],
    ["https://[::1]:2379", { host: "::1", port: 2379 }],
    ["http://127.0.0.1:", { host: "127.0.0.1", port: 0 }],
    ["http://0.0.0.0:65535", { host: "0.0.0.0", port: 65_535 }],
    ["unix://localhost:2379", { path: "localhost:2379" }],
    ["unixs:///run/etcd.sock", { path: "/run/etcd.sock" }],
  ])("%s leads to %o", (url, address) => {
    expect(listenAddress(url)).toEqual(address);
  });

  it.each([
    ["http://127.0.0.1:65536", "listen tcp: address 65536: invalid port"],
    ["http://127.0.0.1:80000000000", "listen tcp: address 80000000000: invalid port"],
    ["unix://", "listen unix: unix:// names no file"],
  ])("%s is refused: %s", (url, message) => {
    expect(() => listenAddress(url)).toThrow(new ListenError(message));
  });
});

describe("listening", () => {
  it.skipIf(!hasIpv6).each(["0.0.0.0", "[::]"])("on %s takes IPv4 and IPv6", async (host) => {
    const made = await listening(`http://${host}:0`);
    expect(boundAddress(made)).toBe(`[::]:${portOf(made)}`);
    expect(await call("127.0.0.1", portOf(made))).toBe("::ffff:127.0.0.1");
    expect(await call("::1", portOf(made))).toBe("::1");
  });

  it.skipIf(!hasIpv6)("on one address takes nothing else", async () => {
    const made = await listening("http://127.0.0.1:0");
    expect(await call("::1", portOf(made))).toBe("ECONNREFUSED");
    const other = await listening("http://[::1]:0");
    expect(await call("127.0.0.1", portOf(other))).toBe("ECONNREFUSED");
  });

  it.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])("on all addresses goes on without IPv6 (%s)", async (code) => {
    const made = server();
    const asked: (string | undefined)[] = [];
    const listen = made.listen.bind(made);
    Object.assign(made, {
      listen(options: ListenOptions) {
        asked.push(options.host);
        if (options.host === "::") queueMicrotask(() => made.emit("error", Object.assign(new Error(code), { code })));
        else listen({ ...options, host: "127.0.0.1" });
      },
    });
    await listenOn(made, "http://[::]:0");
    expect(asked).toEqual(["::", "0.0.0.0"]);
  });

  it("on localhost prefers IPv4", async () => {
    expect(boundAddress(await listening("http://localhost:0"))).toMatch(/^127\.0\.0\.1:/);
  });

  it("tells a taken port, and an address that is not here, in Go's words", async () => {
    const port = portOf(await listening("http://127.0.0.1:0"));
    await expect(listening(`http://localhost:${port}`)).rejects.toThrow(
      new ListenError(`listen tcp 127.0.0.1:${port}: bind: address already in use`),
    );
    const all = portOf(await listening("http://0.0.0.0:0"));
    await expect(listening(`http://[::]:${all}`)).rejects.toThrow(
      new ListenError(`listen tcp 0.0.0.0:${all}: bind: address already in use`),
    );
    // TEST-NET-1 is nobody's.
    await expect(listening("http://192.0.2.1:0")).rejects.toThrow(
      new ListenError("listen tcp 192.0.2.1:0: bind: cannot assign requested address"),
    );
  });

  it("replaces the file of a socket that a former process left", async () => {
    const dir = mkdtempSync(join(tmpdir(), "listen-"));
    try {
      const path = join(dir, "s.sock");
      writeFileSync(path, "");
      const made = await listening(`unix://${path}`);
      expect(boundAddress(made)).toBe(path);
      await new Promise((done) => made.close(done));
      servers.length = 0;
      expect(readdirSync(dir)).toEqual([]);
      await expect(listening(`unix://${dir}/none/s.sock`)).rejects.toThrow(
        new ListenError(`listen unix ${dir}/none/s.sock: bind: no such file or directory`),
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it.skipIf(!canReusePort())("two listeners share a port", async () => {
    const port = portOf(await listening("http://127.0.0.1:0", true));
    expect(portOf(await listening(`http://127.0.0.1:${port}`, true))).toBe(port);
  });

  it("keeps connections alive, and does not wait to fill packets", () => {
    const plain = createServer() as unknown as Record<string, unknown>;
    const made = server() as unknown as Record<string, unknown>;
    expect([plain.keepAlive, plain.noDelay]).toEqual([false, false]);
    expect([made.keepAlive, made.keepAliveInitialDelay, made.noDelay]).toEqual([true, 30, true]);
    servers.length = 0;
  });
});
