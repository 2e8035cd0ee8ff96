import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences, notAs37 } from "./differences.ts";
import {
  cleanUp,
  debianEtcd,
  etcd37,
  etcdctl,
  freePort,
  missing,
  quorate,
  type Running,
  type Server,
  type StartOptions,
  scratch,
  start,
} from "./servers.ts";
import { playAtMember, unlikeAlone } from "./three.ts";
import { ctl, type Place, play, type Step, type Transcript } from "./transcript.ts";

/** The last word of every script: all keys, all revisions, all tombstones hash alike. */
const finalHash = ctl("endpoint hashkv", { name: "HashKV after the whole script" });

export interface ScriptOptions {
  readonly args?: readonly string[];
  /** Start a second server of the same kind, `{other}` in the script. */
  readonly withOther?: boolean;
  /** Client arguments for the last HashKV, or nothing where the script leaves a state that refuses it. */
  readonly hashKv?: boolean;
}

/** Scripts so far: each is also played at another member of three; with QUORATE_EVERY_MEMBER=1 at all of them. */
let scripts = 0;

/**
 * Plays one script on Debian's etcd, then on Quorate, at the same addresses and under the same name, so that ids,
 * revisions, terms and log indices must be equal, and makes a test of every step.
 */
export function compareOnBoth(title: string, script: readonly Step[], options: ScriptOptions = {}): void {
  const without = missing(debianEtcd.command, etcdctl);
  const name = without.length === 0 ? title : `${title} (skipped: ${without.join(", ")} missing)`;
  describe.skipIf(without.length > 0)(name, () => {
    const steps = options.hashKv === false ? script : [...script, finalHash];
    let theirs: Transcript = new Map();
    let ours: Transcript = new Map();
    let twins: Transcript = new Map();
    const members = process.env["QUORATE_EVERY_MEMBER"] === "1" ? [0, 1, 2] : [scripts++ % 3];
    const atMembers: Transcript[] = [];

    beforeAll(async () => {
      const ports: Ports = { port: await freePort(), peerPort: await freePort(), other: await freePort() };
      theirs = await playOn(debianEtcd, steps, ports, options);
      ours = await playOn(quorate, steps, ports, options);
      if (etcd37 !== undefined) twins = await playOn(etcd37, steps, ports, options);
      for (const at of members) atMembers.push(await playAtMember(at, steps, options));
    }, 900_000);
    afterAll(cleanUp);

    it.each(flatten(steps).map((step) => step.name))("%s", (step) => {
      const etcd = theirs.get(step);
      const own = ours.get(step);
      const difference = differences.find((entry) => entry.script === title && entry.step === step);
      if (difference === undefined) {
        expect(own).toBe(etcd);
        return;
      }
      matches(etcd, difference.etcd34, "etcd 3.4");
      matches(own, difference.quorate, "quorate");
      // An entry that is no longer needed has to go.
      expect(own, "the table lists a difference that is none").not.toBe(etcd);
    });

    it.skipIf(etcd37 === undefined)("all of it as etcd 3.7.1 says it (skipped: QUORATE_ETCD_37 not set)", () => {
      const unlike = [...ours]
        .filter(([step, text]) => sizeless(plainJson(twins.get(step))) !== sizeless(text))
        .map(([step]) => step);
      expect(unlike).toEqual(notAs37.filter(([script]) => script === title).map(([, step]) => step));
    });

    it.each(members.map((at, i) => [at === 0 ? "the leader" : `follower ${at}`, i] as const))(
      "all of it at %s of three members",
      (_, i) => {
        expect(unlikeAlone(title, ours, atMembers[i]!)).toEqual([]);
      },
    );

    it("every difference in the table was looked at", () => {
      const names = flatten(steps).map((step) => step.name);
      const idle = differences.filter((entry) => entry.script === title && !names.includes(entry.step));
      expect(idle).toEqual([]);
    });
  });
}

/** Go's protobuf puts blanks into JSON and texts of messages, at random from build to build. */
function plainJson(text: string | undefined): string | undefined {
  return text
    ?.replace(/^\{".*$/gm, (line) => line.replace(/, (?=["{[\d])/g, ","))
    .replace("proto:\\xc2\\xa0(", "proto: (")
    .replace(/ +alarm:/g, " alarm:");
}

function matches(text: string | undefined, expected: string | RegExp, who: string): void {
  if (typeof expected === "string") expect(text, who).toBe(expected);
  else expect(text, who).toMatch(expected);
}

function flatten(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...flatten(step.during ?? [])]);
}

interface Ports {
  readonly port: number;
  readonly peerPort: number;
  readonly other: number;
}

export async function playOn(
  kind: Server,
  steps: readonly Step[],
  ports: Ports,
  options: ScriptOptions,
): Promise<Transcript> {
  const place: StartOptions = { port: ports.port, peerPort: ports.peerPort, args: options.args ?? [] };
  const server = await start(kind, place);
  let other: Running | undefined;
  try {
    if (options.withOther) other = await start(kind, { port: ports.other });
    const where: Place = { server, directory: scratch(), ...(other === undefined ? {} : { other }) };
    return await play(steps, where);
  } finally {
    await other?.stop();
    await server.stop();
  }
}

/** Without the size of the database and how much of it is in use: when pages are freed differs, and is no fault. */
function sizeless(text: string | undefined): string | undefined {
  return text?.replace(
    /("?dbSize(?:InUse)?"?\s*:\s*|\b)\d+( [kM]?B\b)?/gi,
    (all, name: string, unit: string | undefined) =>
      name === "" && unit === undefined ? all : `${name}N${unit ?? ""}`,
  );
}
