import { below, type Random } from "../base/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import { changeMembers, replaceLost } from "./members.ts";
import { changeAuth, changeDowngrade } from "./operators.ts";
import { takeBackup } from "./restores.ts";
import { between, chance, exponential } from "./world.ts";

/** Makes things go wrong, each kind at its own rate, until told to stop. */
export class Faults {
  readonly #cluster: Cluster;
  readonly #random: Random;
  #stopped = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#random = cluster.world.random;
  }

  start(): void {
    const { options } = this.#cluster;
    this.#repeat(options.crashes, () => this.#crash());
    this.#repeat(options.blackouts, () => {
      for (const machine of this.#cluster.machines()) if (machine.process !== undefined) machine.crash("blackout");
    });
    this.#repeat(options.restarts, () => void this.#running()?.stop());
    this.#repeat(options.partitions, () => this.#partition());
    this.#repeat(options.pauses, () => this.#running()?.pause(between(this.#random, 50, 8000)));
    this.#repeat(options.wallSteps, () => this.#stepWall());
    this.#repeat(options.slowDisks, () => this.#slowDisk());
    this.#repeat(options.fullDisks, () => this.#during("full", (machine, on) => (machine.disk.faults.full = on)));
    this.#repeat(options.failingSyncs, () =>
      this.#during("failing syncs", (machine, on) => (machine.disk.faults.syncFails = on ? 0.2 : 0)),
    );
    this.#repeat(options.readFlips, () => this.#flip());
    this.#repeat(options.compactions, () => void this.#compact());
    this.#repeat(options.defragmentations, () => this.#defragment());
    this.#repeat(options.transfers, () => this.#transfer());
    this.#repeat(options.memberChanges, () => void changeMembers(this.#cluster));
    this.#repeat(options.snapshots, () => void this.#snapshot());
    this.#repeat(options.rots, () => this.#rot());
    this.#repeat(options.rots === 0 ? 0 : 12, () => void replaceLost(this.#cluster));
    this.#repeat(options.downgrades, () => void changeDowngrade(this.#cluster));
    this.#repeat(options.authChanges, () => void changeAuth(this.#cluster));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** `perMinute` times in a minute of true time, at random instants. */
  #repeat(perMinute: number, act: () => void): void {
    if (perMinute === 0) return;
    const again = (): void => {
      this.#cluster.world.after(exponential(this.#random, 60_000 / perMinute), () => {
        if (this.#stopped) return;
        act();
        again();
      });
    };
    again();
  }

  #any(): Machine {
    const { all } = this.#cluster;
    return all[below(this.#random, all.length)]!;
  }

  #running(): Machine | undefined {
    const running = this.#cluster.machines().filter((machine) => machine.process !== undefined);
    return running[below(this.#random, Math.max(1, running.length))];
  }

  #crash(): void {
    const machine = this.#running();
    if (machine === undefined) return;
    if (chance(this.#random, this.#cluster.options.crashesInside)) {
      const process = machine.process!;
      if (process.diesIn === 0) process.diesIn = 1 + below(this.#random, 80);
    } else machine.crash("power");
  }

  #partition(): void {
    const { world, network } = this.#cluster;
    const urls = this.#cluster.all.map(({ url }) => url);
    if (urls.length < 2) return;
    const side = new Set(urls.filter(() => chance(this.#random, 0.5)));
    if (side.size === 0 || side.size === urls.length || chance(this.#random, 0.4)) {
      side.clear();
      side.add(urls[below(this.#random, urls.length)]!);
    }
    const directions = below(this.#random, 3);
    const links: [string, string][] = [];
    for (const a of urls) {
      for (const b of urls) {
        if (!side.has(a) || side.has(b)) continue;
        if (directions !== 1) links.push([a, b]);
        if (directions !== 2) links.push([b, a]);
      }
    }
    const shape = ["both ways", "inwards", "outwards"][directions];
    const names = [...side].map((url) => url.slice(7, -5)).join(",");
    const flaps = chance(this.#random, 0.3) ? 2 + below(this.#random, 6) : 1;
    let atMs = world.nowMs;
    for (let flap = 0; flap < flaps; flap++) {
      const lastsMs = exponential(this.#random, flaps > 1 ? 800 : 6000);
      world.at(atMs, () => {
        if (this.#stopped) return;
        this.#cluster.trace("net", `cut ${names} ${shape}`);
        for (const [a, b] of links) network.cut(a, b);
      });
      world.at(atMs + lastsMs, () => {
        this.#cluster.trace("net", `heal ${names}`);
        for (const [a, b] of links) network.heal(a, b);
      });
      atMs += lastsMs + exponential(this.#random, 500);
    }
  }

  #stepWall(): void {
    const machine = this.#any();
    const byMs = Math.round(between(this.#random, -3_600_000, 3_600_000));
    machine.stepWall(byMs);
    this.#cluster.trace(machine.name, `wall clock steps by ${byMs} ms`);
  }

  #slowDisk(): void {
    const slow = between(this.#random, 5, 200);
    const { diskLatencyMs } = this.#cluster.options;
    this.#during("slow", (machine, on) => {
      machine.disk.faults.latencyMs = on ? slow : diskLatencyMs;
      machine.disk.faults.stall = on ? 0.01 : 0;
    });
  }

  #during(what: string, set: (machine: Machine, on: boolean) => void): void {
    const machine = this.#any();
    this.#cluster.trace(machine.name, `disk: ${what}`);
    set(machine, true);
    this.#cluster.world.after(exponential(this.#random, 4000), () => {
      this.#cluster.trace(machine.name, `disk: no longer ${what}`);
      set(machine, false);
    });
  }

  /** A bit turned over while a member that starts reads its log. */
  #flip(): void {
    const machine = this.#running();
    if (machine === undefined) return;
    machine.crash("bit flip follows");
    machine.disk.faults.flipRead = 0.2;
  }

  /** Only as many members as the cluster can do without, and while all the others are well. */
  #rot(): void {
    const machines = this.#cluster.machines().filter((machine) => this.#cluster.isMember(machine));
    const damaged = machines.filter((machine) => machine.damage !== undefined).length;
    const sound = machines.filter(({ member, damage }) => member !== undefined && damage === undefined);
    if (damaged + 1 > (this.#cluster.voters() - 1) / 2 || damaged + sound.length < machines.length) return;
    void sound[below(this.#random, Math.max(1, sound.length))]?.rot();
  }

  async #compact(): Promise<void> {
    const { twin, caller } = this.#cluster;
    const machine = this.#running();
    const oldest = Math.max(1, twin.compacted);
    if (machine === undefined || twin.revision <= oldest) return;
    // Mostly behind the newest revision, sometimes right at it.
    const span = twin.revision - oldest;
    const revision = chance(this.#random, 0.15) ? twin.revision : oldest + 1 + below(this.#random, span);
    await caller.call("op", machine, { kind: "compact", revision });
    await this.#cluster.compareHashes(0);
  }

  #defragment(): void {
    const machine = this.#running();
    const member = machine?.member;
    if (machine === undefined || member === undefined) return;
    this.#cluster.trace(machine.name, "defragment");
    const { process } = machine;
    this.#cluster.world.after(
      0,
      () => {
        member.defragment().then(
          () => this.#cluster.trace(machine.name, "defragmented"),
          (error: unknown) => {
            if (process?.alive && !machine.excused(error) && !String(error).includes("server stopped")) {
              this.#cluster.trace(machine.name, `defragmentation failed: ${String(error)}`);
            }
          },
        );
      },
      process,
    );
  }

  #transfer(): void {
    const serving = this.#cluster.machines().filter(({ member }) => member !== undefined);
    const leader = serving.find(({ member }) => member!.isLeader());
    const target = serving[below(this.#random, Math.max(1, serving.length))];
    if (leader === undefined || target === undefined || leader === target) return;
    this.#cluster.trace(leader.name, `moves leadership to ${target.name}`);
    const targetID = target.member!.memberId;
    this.#cluster.world.after(0, () => void leader.member?.moveLeader({ targetID }).catch(() => {}), leader.process);
  }

  async #snapshot(): Promise<void> {
    const machine = this.#running();
    const backup = machine === undefined ? undefined : await takeBackup(this.#cluster, machine);
    if (backup !== undefined) this.#cluster.backups.push(backup);
  }
}
