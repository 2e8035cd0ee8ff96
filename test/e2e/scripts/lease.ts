import { ctl, type Hide, type Step } from "../transcript.ts";

/** Leases whose ids the server chose; seconds that passed. */
const hide: readonly Hide[] = [
  [/\b[0-9a-f]{12,16}\b/g, "<lease>"],
  [/"(id|ID)":\d{15,}/g, '"$1":<lease>'],
  [/remaining\((\d+)s\)/g, "remaining(<left>)"],
  [/"ttl":\d+,"granted-ttl"/g, '"ttl":<left>,"granted-ttl"'],
  [/"TTL" : \d+/g, '"TTL" : <left>'],
  [/"ID" : \d+/g, '"ID" : <lease>'],
];

/** The client cannot ask for an id of its own, so the gateway grants leases with ids of the script's choice. */
function grant(id: bigint, ttl: number): Step {
  return {
    name: `grant ${id} for ${ttl} s`,
    command: "/usr/bin/curl",
    args: ["-sS", "{url}/v3/lease/grant", "-d", JSON.stringify({ ID: id.toString(), TTL: String(ttl) })],
    hide: [[/"error":"[^"]*",/, ""]],
  };
}

const first = 0x1f00000000000001n;
const second = 0x1f00000000000002n;

export const leases: readonly Step[] = [
  ctl("lease list", { name: "no leases" }),
  ctl("lease grant 600", { hide }),
  ctl("lease grant 600 -w json", { hide }),
  ctl("lease grant 600 -w fields", { hide }),
  ctl("lease grant 0", { hide }),
  ctl("lease grant -- -5", { hide }),
  ctl("lease grant 9000000001", { hide }),
  ctl("lease grant x"),
  ctl("lease grant"),
  ctl("lease grant 1", { name: "below the shortest", hide }),
  grant(first, 500),
  grant(second, 700),
  ctl("put k1 v --lease=1f00000000000001"),
  ctl("put k2 v --lease=1f00000000000001"),
  ctl("put k3 v --lease=1f00000000000002"),
  ctl("get k1 -w json"),
  ctl("get k1 --keys-only -w json"),
  ctl("get k1 -w fields"),
  ctl("lease timetolive 1f00000000000001", { hide: hide.slice(2) }),
  ctl("lease timetolive 1f00000000000002 --keys", { hide: hide.slice(2) }),
  ctl("lease timetolive 1f00000000000002 --keys -w json", { hide: hide.slice(2) }),
  ctl("lease timetolive 1f00000000000002 --keys -w fields", { hide: hide.slice(2) }),
  ctl("lease timetolive 1f000000000000ff"),
  ctl("lease timetolive 1f000000000000ff -w json"),
  ctl("lease keep-alive --once 1f00000000000001"),
  ctl("lease keep-alive --once 1f00000000000001 -w json"),
  ctl("lease keep-alive --once 1f000000000000ff"),
  ctl("lease keep-alive 1f000000000000ff", { name: "keep-alive of an unknown lease" }),
  ctl("lease keep-alive 1f00000000000002", { name: "keep-alive that goes on", lines: 1, signal: "SIGKILL" }),
  ctl("put k3 other"),
  ctl("put k2 v2 --ignore-lease"),
  ctl("get k --prefix -w json"),
  ctl("lease revoke 1f00000000000001"),
  ctl("lease revoke 1f00000000000001", { name: "revoke it again" }),
  ctl("lease revoke zz"),
  ctl("get k --prefix -w json", { name: "keys go with their lease" }),
  ctl("lease timetolive 1f00000000000001", { name: "time of a revoked lease" }),
  ctl("watch k --prefix --rev=1 -w json", { lines: 1, signal: "SIGKILL" }),
  grant(0x1f00000000000003n, 2),
  ctl("put short x --lease=1f00000000000003"),
  ctl("watch short --rev=1", { name: "a lease that runs out deletes its key", lines: 5, signal: "SIGKILL" }),
  ctl("lease timetolive 1f00000000000003 --keys"),
  ctl("lease revoke 1f00000000000002 -w json"),
];

/** Lock and election: their keys are <name>/<lease>, so HashKV differs from run to run. */
export const contests: readonly Step[] = [
  ctl("lock door -- sh -c 'exit 7'", { name: "a command under a lock, its exit code" }),
  ctl("lock door echo inside"),
  ctl("lock --ttl=30 door", {
    name: "a lock is held while the second waits",
    lines: 1,
    signal: "SIGINT",
    hide,
    during: [
      ctl("get door --prefix --keys-only", { hide }),
      ctl("lock door", { name: "the second waits", lines: 0, linesBefore: 0, signal: "SIGINT", during: [], hide }),
    ],
  }),
  ctl("get door --prefix", { name: "locks are let go" }),
  ctl("elect office alice", {
    lines: 2,
    signal: "SIGINT",
    hide,
    during: [
      ctl("elect -l office", { lines: 2, signal: "SIGKILL", hide }),
      ctl("elect office bob", {
        name: "elect office bob waits",
        lines: 0,
        linesBefore: 0,
        signal: "SIGINT",
        during: [ctl("get office --prefix", { hide })],
        hide,
      }),
    ],
  }),
  ctl("get office --prefix", { name: "the office is free" }),
  ctl("elect -l office", { name: "nobody to observe", lines: 0, linesBefore: 0, signal: "SIGKILL", during: [] }),
];
