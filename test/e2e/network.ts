import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Place } from "./cluster.ts";

const python = "/usr/bin/python3";
const program = fileURLToPath(new URL("python/switch.py", import.meta.url));

/** Why there can be no namespaces here; undefined when there can. */
export function noNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  if (!existsSync("/dev/net/tun")) return "no /dev/net/tun";
  if (!existsSync(python)) return `no ${python}`;
  const name = `quorate-try-${process.pid}`;
  try {
    ip("netns", "add", name);
    ip("netns", "exec", name, python, "-c", "open('/dev/net/tun')");
    ip("netns", "del", name);
    return undefined;
  } catch (error) {
    return `ip netns: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** What happens to packets between members; members are named by their numbers. */
export interface Rule {
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** 1 loses all. */
  readonly loss?: number;
  readonly delayMs?: number;
}

/** Both ways between the two sides. */
export function cut(side: readonly number[], other: readonly number[]): Rule[] {
  return [
    { from: side, to: other, loss: 1 },
    { from: other, to: side, loss: 1 },
  ];
}

const running = new Set<Network>();
let made = 0;

/** Removes whatever a test left behind. Call in `afterAll`. */
export async function removeNetworks(): Promise<void> {
  for (const network of running) await network.remove();
}

/**
 * A namespace for each member. Among each other they talk through a switch that is ours to break; clients reach each
 * over a link of its own, which is never touched.
 */
export class Network {
  readonly places: readonly Place[];
  readonly #namespaces: readonly string[];
  readonly #addresses: readonly string[];
  readonly #links: string[] = [];
  readonly #switch: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(namespaces: readonly string[], net: number) {
    this.#namespaces = namespaces;
    this.#addresses = namespaces.map((_, at) => `10.${net}.0.${at + 1}`);
    this.places = namespaces.map((namespace, at) => ({
      command: ["ip", "netns", "exec", namespace],
      clientHost: `10.${net}.${at + 1}.2`,
      peerHost: this.#addresses[at]!,
    }));
    const ports = namespaces.map((namespace, at) => `${namespace}=${this.#addresses[at]}`);
    this.#switch = spawn(python, [program, ...ports], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#switch.stdout! })[Symbol.asyncIterator]();
  }

  static async of(members: number): Promise<Network> {
    // Others may have networks of their own on this machine.
    const net = 64 + Math.floor(Math.random() * 64);
    const mark = `${process.pid}x${made++}`;
    const namespaces = Array.from({ length: members }, (_, at) => `quorate-${mark}-${at + 1}`);
    for (const namespace of namespaces) ip("netns", "add", namespace);
    const network = new Network(namespaces, net);
    running.add(network);
    await network.#expect("ready");
    for (const [at, namespace] of namespaces.entries()) {
      const link = `q${mark}n${at}`;
      ip("link", "add", link, "type", "veth", "peer", "name", "clients", "netns", namespace);
      network.#links.push(link);
      ip("addr", "add", `10.${net}.${at + 1}.1/30`, "dev", link);
      ip("link", "set", link, "up");
      ip("-n", namespace, "addr", "add", `10.${net}.${at + 1}.2/30`, "dev", "clients");
      ip("-n", namespace, "addr", "add", `${network.#addresses[at]}/24`, "dev", "peer");
      for (const device of ["lo", "clients", "peer"]) ip("-n", namespace, "link", "set", device, "up");
    }
    return network;
  }

  /** From now on these rules hold and no others; none heals everything. */
  async rules(...rules: readonly Rule[]): Promise<void> {
    const named = (numbers: readonly number[]): string[] => numbers.map((at) => this.#addresses[at]!);
    const lines = rules.map(({ from, to, loss = 0, delayMs = 0 }) => ({
      from: named(from),
      to: named(to),
      loss,
      delay: delayMs / 1000,
    }));
    this.#switch.stdin!.write(`${JSON.stringify(lines)}\n`);
    await this.#expect("ok");
  }

  async remove(): Promise<void> {
    if (!running.delete(this)) return;
    const ended = new Promise((resolve) => this.#switch.once("exit", resolve));
    this.#switch.stdin!.end();
    if (this.#switch.exitCode === null) await ended;
    // A namespace would take its devices with it, but connections that nobody answers keep it for minutes.
    for (const link of this.#links) ip("link", "del", link);
    for (const namespace of this.#namespaces) ip("netns", "del", namespace);
  }

  async #expect(word: string): Promise<void> {
    const { value } = await this.#answers.next();
    if (value !== word) throw new Error(`the switch said ${value}, not ${word}`);
  }
}
