import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { cleanUp, etcd37, freePort, missing, quorate, type Server, scratch, until } from "./servers.ts";

/** What happened in the service's life, as test/e2e/scripts/service-manager.py tells it. */
interface Event {
  readonly event: "started" | "message" | "ended";
  readonly ms: number;
  readonly pid?: number;
  readonly text?: string;
  /** Whether the kernel says that the main process sent the message: systemd drops others. */
  readonly main?: boolean;
  readonly code?: number | null;
  readonly signal?: string | null;
  readonly log?: string;
}

interface Service {
  readonly events: Event[];
  readonly url: string;
  signal(name: NodeJS.Signals): void;
  /** The messages that count, one field each. */
  lines(): string[];
  find(field: string): Promise<Event>;
  ended(): Promise<Event>;
}

const program = fileURLToPath(new URL("scripts/service-manager.py", import.meta.url));
const managers = new Set<ChildProcess>();

/** The end of its standard input has a manager end the service, whatever state that is in, and then itself. */
afterEach(async () => {
  await Promise.all(
    [...managers].map(async (manager) => {
      const ended = new Promise((resolve) => manager.once("exit", resolve));
      manager.stdin?.end();
      if (manager.exitCode === null) await ended;
    }),
  );
  managers.clear();
});
afterAll(cleanUp);

const withoutPython = missing("/usr/bin/python3");
const root = process.getuid?.() === 0;

interface Unit {
  readonly command?: readonly string[];
  readonly socket?: string;
  readonly watchdogMs?: number;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Starts what Debian's unit starts: `Type=notify`, everything about the member in its environment. */
async function startUnit(server: Server, unit: Unit = {}): Promise<Service> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const directory = scratch();
  chmodSync(directory, 0o777);
  const socket = unit.socket ?? join(directory, "notify");
  const manager = spawn(
    "/usr/bin/python3",
    [
      program,
      socket,
      String((unit.watchdogMs ?? 0) * 1000),
      unit.user ?? "-",
      ...(unit.command ?? [server.command]),
      ...(unit.args ?? []),
    ],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"],
        ETCD_NAME: "m1",
        ETCD_DATA_DIR: join(directory, "data"),
        ETCD_LISTEN_CLIENT_URLS: url,
        ETCD_ADVERTISE_CLIENT_URLS: url,
        ETCD_LISTEN_PEER_URLS: peer,
        ETCD_INITIAL_ADVERTISE_PEER_URLS: peer,
        ETCD_INITIAL_CLUSTER: `m1=${peer}`,
        ...unit.env,
      },
    },
  );
  managers.add(manager);
  const events: Event[] = [];
  createInterface({ input: manager.stdout! }).on("line", (line) => events.push(JSON.parse(line) as Event));
  const lines = (): string[] => events.filter(({ main }) => main === true).flatMap(({ text }) => text!.split("\n"));
  const seek = async (what: string, found: (event: Event) => boolean): Promise<Event> => {
    await until(`${what} among ${JSON.stringify(events)}`, 30_000, () => events.some(found));
    return events.find(found)!;
  };
  return {
    events,
    url,
    lines,
    signal: (name) => void manager.stdin!.write(`${name}\n`),
    find: (field) => seek(field, ({ main, text }) => main === true && text!.split("\n").includes(field)),
    ended: () => seek("the end", ({ event }) => event === "ended"),
  };
}

const servers = etcd37 === undefined ? [quorate] : [quorate, etcd37];

describe.skipIf(withoutPython.length > 0)("a unit of Type=notify (needs /usr/bin/python3)", () => {
  const sockets = { "a path": undefined, "an abstract name": `@quorate-e2e-${process.pid}` };
  for (const server of servers) {
    for (const [kind, socket] of Object.entries(sockets)) {
      it(`${server.name} is ready when it serves, told at ${kind}`, async () => {
        const service = await startUnit(server, socket === undefined ? {} : { socket: `${socket}-${server.name}` });
        await service.find("READY=1");
        // Whoever waits for the unit may call the server at once.
        expect((await fetch(`${service.url}/health`)).status).toBe(200);
        service.signal("SIGTERM");
        expect(await service.ended()).toMatchObject({ code: null, signal: "SIGTERM" });
        expect(service.events.filter(({ event, main }) => event === "message" && main !== true)).toEqual([]);
      });
    }
  }

  it("tells what it does, and that it stops", async () => {
    const service = await startUnit(quorate);
    await service.find("READY=1");
    service.signal("SIGTERM");
    await service.ended();
    expect(service.lines()).toEqual([
      "STATUS=starting: waiting for the cluster",
      "READY=1",
      `STATUS=serving clients at ${service.url}`,
      "STOPPING=1",
      "STATUS=closing connections and files",
    ]);
  });

  it("is not ready while its cluster has no majority", async () => {
    const other = `http://127.0.0.1:${await freePort()}`;
    const own = `http://127.0.0.1:${await freePort()}`;
    const service = await startUnit(quorate, {
      env: {
        ETCD_LISTEN_PEER_URLS: own,
        ETCD_INITIAL_ADVERTISE_PEER_URLS: own,
        ETCD_INITIAL_CLUSTER: `m1=${own},m2=${other}`,
      },
    });
    await service.find("STATUS=starting: waiting for the cluster");
    service.signal("SIGTERM");
    await service.ended();
    expect(service.lines()).not.toContain("READY=1");
  });

  it("says why it does not start", async () => {
    const service = await startUnit(quorate, { env: { ETCD_DATA_DIR: "/proc/x" } });
    expect(await service.ended()).toMatchObject({ code: 1 });
    expect(service.lines()).toEqual([
      "STATUS=failed to start: cannot access data directory: mkdir /proc/x: no such file or directory",
    ]);
  });

  it("proves that it lives, twice as often as the watchdog wants, and no more once its loop is held up", async () => {
    const watchdogMs = 600;
    const service = await startUnit(quorate, { watchdogMs });
    await service.find("READY=1");
    const pings = (): Event[] => service.events.filter(({ text }) => text === "WATCHDOG=1");
    await until("six pings", 10_000, () => pings().length >= 6);
    const times = pings().map(({ ms }) => ms);
    for (const [i, ms] of times.slice(1).entries()) expect(ms - times[i]!).toBeLessThan(watchdogMs);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(4 * (watchdogMs / 2));
    expect(pings().every(({ main }) => main === true)).toBe(true);

    service.signal("SIGSTOP");
    const before = pings().length;
    await new Promise((resolve) => setTimeout(resolve, 3 * watchdogMs));
    // One may have been under way.
    expect(pings().length).toBeLessThanOrEqual(before + 1);
    // What systemd does next; the process must not live on because its loop does not turn.
    service.signal("SIGABRT");
    service.signal("SIGCONT");
    expect(await service.ended()).toMatchObject({ signal: "SIGABRT" });
  });

  it("sends no signs of life that are meant for another process", async () => {
    const service = await startUnit(quorate, { env: { WATCHDOG_USEC: "100000", WATCHDOG_PID: "1" } });
    await service.find("READY=1");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(service.lines()).not.toContain("WATCHDOG=1");
  });

  it.each(["gateway", "grpc-proxy"])("etcd %s tells, too", async (name) => {
    const listen = `127.0.0.1:${await freePort()}`;
    for (const server of servers) {
      const service = await startUnit(server, {
        args: [name, "start", `--listen-addr=${listen}`, "--endpoints=127.0.0.1:1"],
      });
      await service.find("READY=1");
      service.signal("SIGTERM");
      expect(await service.ended()).toMatchObject({ code: null, signal: "SIGTERM" });
    }
  });

  describe("however it is started", () => {
    const bin = quorate.command;

    it.skipIf(!root)("as another user, from a symbolic link (needs root)", async () => {
      const link = join(scratch(), "etcd");
      chmodSync(join(link, ".."), 0o755);
      symlinkSync(bin, link);
      const service = await startUnit(quorate, { user: "65534", command: [link] });
      await service.find("READY=1");
    });

    it("with Python where there is no Perl", async () => {
      const path = pathOf("sh", "node", "python3", "readlink", "dirname", "flock");
      const service = await startUnit(quorate, { env: { PATH: path } });
      await service.find("READY=1");
    });

    it("with systemd-notify where there is neither: another process, which NotifyAccess=all lets in", async () => {
      const path = pathOf("sh", "node", "readlink", "dirname", "flock");
      const notify = join(path, "systemd-notify");
      // Stands for systemd's own, which may not be installed: sends its arguments, a line each.
      writeFileSync(
        notify,
        `#!/usr/bin/python3\nimport os, socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.sendto("\\n".join(sys.argv[1:]).encode(), os.environ["NOTIFY_SOCKET"])\n`,
        { mode: 0o755 },
      );
      const service = await startUnit(quorate, { env: { PATH: path } });
      await until("READY=1", 20_000, () => service.events.some(({ text }) => text?.startsWith("READY=1\n")));
      expect(service.events.find(({ text }) => text?.startsWith("READY=1\n"))).toMatchObject({ main: false });
      service.signal("SIGTERM");
      expect((await service.ended()).log).toContain('"reason":"neither perl nor python3 is installed"');
    });

    it("without any way it serves, and says why nobody hears of it", async () => {
      const path = pathOf("sh", "node", "readlink", "dirname", "flock");
      const service = await startUnit(quorate, { env: { PATH: path } });
      await until("it serves", 20_000, async () =>
        fetch(`${service.url}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      service.signal("SIGTERM");
      const { log, signal } = await service.ended();
      expect(signal).toBe("SIGTERM");
      expect(log).toMatch(
        /"level":"error".*"msg":"failed to notify systemd".*exec: \\"systemd-notify\\": executable file not found in \$PATH/,
      );
    });

    it("with a socket that is gone it serves, and says so once, as etcd", async () => {
      for (const server of servers) {
        const service = await startUnit(server, {
          command: ["/bin/sh", "-c", 'NOTIFY_SOCKET=/nowhere/notify exec "$0"', server.command],
        });
        await until("it serves", 20_000, async () =>
          fetch(`${service.url}/health`).then(
            ({ ok }) => ok,
            () => false,
          ),
        );
        service.signal("SIGTERM");
        const { log = "" } = await service.ended();
        const told = log.split("\n").filter((line) => line.includes("failed to notify systemd"));
        expect(told).toHaveLength(1);
        expect(JSON.parse(told[0]!)).toMatchObject({
          level: "error",
          msg: "failed to notify systemd for readiness",
          error: "dial unixgram /nowhere/notify: connect: no such file or directory",
        });
      }
    });

    it.skipIf(typeof (process as { execve?: unknown }).execve !== "function")(
      "past its launcher, where Node can begin anew (needs Node 22.15)",
      async () => {
        const service = await startUnit(quorate, { command: [process.execPath, bin] });
        await service.find("READY=1");
      },
    );
  });
});

/** A directory that holds links to these programs alone. */
function pathOf(...programs: string[]): string {
  const directory = join(scratch(), "path");
  mkdirSync(directory);
  for (const program of programs) {
    const found =
      program === "node"
        ? process.execPath
        : ["/usr/bin", "/bin"].map((at) => join(at, program)).find((path) => missing(path).length === 0);
    if (found !== undefined) symlinkSync(found, join(directory, program));
  }
  return directory;
}
