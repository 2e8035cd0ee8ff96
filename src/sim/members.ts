import { below } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Machine } from "./machine.ts";
import { chance } from "./world.ts";

/** Machines beyond those of the beginning that a cluster may grow by. */
const extraMax = 2;

function pick(cluster: Cluster, machines: readonly Machine[]): Machine | undefined {
  return machines[below(cluster.world.random, Math.max(1, machines.length))];
}

/** Runs `act` as a request that arrives at a member; undefined when there was no answer, or a refusal. */
export async function ask<T>(cluster: Cluster, act: (machine: Machine) => Promise<T>): Promise<T | undefined> {
  const machine = pick(
    cluster,
    cluster.machines().filter(({ member }) => member !== undefined),
  );
  const process = machine?.process;
  if (machine?.member === undefined || process === undefined) return undefined;
  return new Promise((resolve) => {
    const { world } = cluster;
    world.after(20_000, () => resolve(undefined));
    world.after(
      0,
      () => {
        if (process.member === undefined) return;
        act(machine).then(
          (answer) => process.alive && resolve(answer),
          (error: unknown) => {
            if (!process.alive) return;
            cluster.trace("op", `${machine.name} refuses: ${error instanceof Error ? error.message : String(error)}`);
            resolve(undefined);
          },
        );
      },
      process,
    );
  });
}

/** Nobody may join a cluster on its way down to another version: then that is called off first, and the answer is true. */
async function calledOff(cluster: Cluster): Promise<boolean> {
  if (!cluster.machines().some(({ member }) => member?.status().downgradeInfo?.enabled === true)) return false;
  cluster.trace("op", "downgrade called off, since a member is to join");
  await ask(cluster, ({ member }) => member!.downgrade({ action: rpc.DowngradeAction.CANCEL, version: "" }));
  return true;
}

/** Adds a member, promotes a learner, or removes one of those that were added or, while enough are left, any. */
export async function changeMembers(cluster: Cluster): Promise<void> {
  const { world, options } = cluster;
  const { random } = world;
  const machines = cluster.machines();
  const learner = machines.find(({ member }) => member?.health().isLearner === true);
  if (learner?.member !== undefined && chance(random, 0.6)) {
    const ID = learner.member.memberId;
    cluster.trace("op", `promote ${learner.name}`);
    await ask(cluster, (at) => at.member!.memberPromote(rpc.createMemberPromoteRequest({ ID })));
  } else if (machines.some((machine) => machine.lost)) {
    // First things first: `replaceLost` does it.
    return;
  } else if (machines.length > options.members && chance(random, 0.6)) {
    const target = pick(cluster, machines);
    const ID = target?.member?.memberId;
    if (target === undefined || ID === undefined) return;
    // Of two voters both stay: if one leaves, and the other crashes before its log says that it may, that one waits for a vote that
    // nobody gives any more. etcd's raft names it as a limit of its own ("implementation notes" of its README).
    if (cluster.twin.members.get(ID)?.learner === false && cluster.voters() <= 2) return;
    cluster.trace("op", `remove ${target.name}`);
    await ask(cluster, (at) => at.member!.memberRemove(rpc.createMemberRemoveRequest({ ID })));
  } else if (machines.length < options.members + extraMax) {
    if (await calledOff(cluster)) return;
    const url = `http://m${cluster.all.length + 1}:2380`;
    const isLearner = chance(random, 0.6);
    cluster.trace("op", `add ${url}${isLearner ? " as a learner" : ""}`);
    await ask(cluster, (at) => at.member!.memberAdd(rpc.createMemberAddRequest({ peerURLs: [url], isLearner })));
  } else return;
  // Whatever the answer was: what the log says decides.
}

/** What an operator does about a member that refuses to run on its files: remove it, then add another in its place. */
export async function replaceLost(cluster: Cluster): Promise<void> {
  const lost = cluster.machines().find((machine) => machine.lost);
  if (lost !== undefined) {
    for (const [ID, { url }] of cluster.twin.members) {
      if (url !== lost.url) continue;
      cluster.trace("op", `remove ${lost.name}, whose files are damaged`);
      await ask(cluster, (at) => at.member!.memberRemove(rpc.createMemberRemoveRequest({ ID })));
    }
  } else if (cluster.twin.members.size < cluster.options.members && cluster.twin.members.size > 0) {
    if (await calledOff(cluster)) return;
    const url = `http://m${cluster.all.length + 1}:2380`;
    cluster.trace("op", `add ${url} in the place of one that is gone`);
    await ask(cluster, (at) => at.member!.memberAdd(rpc.createMemberAddRequest({ peerURLs: [url] })));
  }
}

/** Members that the log has made so far, as an operator writes them into --initial-cluster. */
export function listedMembers(cluster: Cluster): Map<string, readonly string[]> {
  return new Map([...cluster.twin.members.values()].map(({ url }) => [nameOf(url), [url]]));
}

function nameOf(url: string): string {
  return url.slice("http://".length, -":2380".length);
}

/** Gives each member that the log added a machine, and takes the machines of those it removed out of service. */
export function followMembership(cluster: Cluster): void {
  const { members } = cluster.twin;
  for (const { url } of members.values()) {
    if (cluster.all.some((machine) => machine.url === url)) continue;
    cluster.addMachine(nameOf(url), listedMembers(cluster), "existing").start();
  }
  for (const machine of cluster.machines()) {
    if (members.size > 0 && machine.process === undefined && !cluster.isMember(machine)) machine.removed = true;
  }
}
