import { etcdctl } from "../servers.ts";
import { ctl, type Hide, type Step } from "../transcript.ts";

const took: Hide = [/took = \S+/g, "took = <time>"];

export const maintenance: readonly Step[] = [
  ctl("endpoint hashkv", { name: "hash of nothing" }),
  ...Array.from({ length: 12 }, (_, i) => ctl(`put key${i % 4} value${i}`)),
  ctl("del key3"), // 14
  ctl("put key3 back"), // 15
  ctl("endpoint hashkv", { name: "hash before compaction" }),
  ctl("endpoint hashkv -w json", { name: "hash before compaction, json" }),
  ctl("endpoint health", { hide: [took] }),
  ctl("endpoint health -w json", { hide: [[/"took":"[^"]*"/, '"took":"<time>"']] }),
  ctl("endpoint status"),
  ctl("endpoint status -w json"),
  ctl("endpoint status -w fields"),
  ctl("endpoint status -w table"),
  ctl("endpoint status --cluster"),
  ctl("endpoint health --cluster", { hide: [took] }),
  ctl("member list"),
  ctl("member list -w json"),
  ctl("member list -w table"),
  ctl("member list -w fields"),
  ctl("member list -w protobuf"),
  ctl("member list --hex"),
  ctl("member update 1 --peer-urls=http://127.0.0.1:1"),
  ctl("member promote 1"),
  ctl("member remove 1"),
  ctl("move-leader 1234"),
  ctl("move-leader zz"),
  ctl("move-leader"),
  ctl("compaction x"),
  ctl("compaction"),
  ctl("compaction 1000"),
  ctl("compaction 5"),
  ctl("compaction 5", { name: "compaction 5 again" }),
  ctl("compaction 4"),
  ctl("compaction 8 --physical"),
  ctl("get key0 --rev=7"),
  ctl("get key0 --rev=8"),
  ctl("get key0 --rev=9"),
  ctl("endpoint hashkv", { name: "hash after compaction" }),
  ctl("compaction 15 --physical", { name: "compaction up to the last revision" }),
  ctl("get key --prefix -w json"),
  ctl("endpoint hashkv", { name: "hash after a full compaction" }),
  ctl("alarm list"),
  ctl("alarm disarm"),
  ctl("alarm list -w json"),
  ctl("defrag"),
  ctl("put after defrag"),
  ctl("endpoint hashkv", { name: "hash after defrag" }),
  ctl("snapshot save {dir}/saved.db"),
  ctl("snapshot status {dir}/saved.db"),
  ctl("snapshot status {dir}/saved.db -w json"),
  ctl("snapshot status {dir}/nothing.db"),
  ctl("snapshot save {dir}/no/such/dir.db"),
];

/** The batch of writes goes to the file each 100 ms; the size that the quota looks at follows then. */
const commit: Step = { name: "the batch is committed", command: "/bin/sleep", args: ["0.4"] };

/** With a quota of 2 MiB: the alarm comes, stops writes and is disarmed. */
export const quota: readonly Step[] = [
  ctl("put big0", { input: "x".repeat(1_200_000) }),
  commit,
  ctl("put big1", { input: "x".repeat(1_200_000), name: "the put that does not fit" }),
  ctl("alarm list"),
  ctl("alarm list -w json"),
  ctl("put small x", { name: "puts are refused while the alarm is on" }),
  ctl("lease grant 60", { name: "leases are refused while the alarm is on" }),
  ctl("txn", { name: "transactions with puts too", input: "\nput small x\n\n\n" }),
  ctl("txn", { name: "transactions without puts go on", input: "\nget small\n\n\n" }),
  ctl("endpoint health", { name: "health tells the alarm", hide: [took] }),
  ctl("endpoint status", { name: "status tells the alarm" }),
  ctl("del big --prefix"),
  ctl("compaction 3 --physical"),
  ctl("defrag"),
  ctl("alarm disarm"),
  ctl("alarm list", { name: "no alarm any more" }),
  ctl("put small x", { name: "puts go on" }),
];

/**
 * What spoils the rest of a script: etcd 3.7 answers every later HashKV of the current revision with the hash that a
 * compaction at 0 left behind, and a member that joins and never comes leaves a cluster without a quorum.
 */
export const spoilers: readonly Step[] = [
  ctl("compaction 0"),
  ctl("member add x --peer-urls=http://127.0.0.1:1", {
    hide: [
      // Ids of added members have the time in them, and the list is in the order of ids.
      [/Member +[0-9a-f]+/, "Member <id>"],
      [/="(x=[^,"]*),(m1=[^"]*)"/, '="$2,$1"'],
    ],
  }),
];

/** Waits until the mirror holds `value` under `key`. */
function mirrored(name: string, key: string, value: string): Step {
  const get = `${etcdctl} --endpoints={other} get ${key} --print-value-only`;
  const script = `for i in $(seq 300); do ${get} | grep -qx ${value} && exit 0; sleep 0.1; done; exit 1`;
  return { name, command: "/bin/sh", args: ["-c", script] };
}

/** `{other}` is a second server of the same kind, the mirror. */
export const mirror: readonly Step[] = [
  ctl("put m/1 one"),
  ctl("put m/2 two"),
  ctl("put elsewhere x"),
  ctl("make-mirror {other} --prefix=m/ --dest-prefix=n/", {
    lines: 0,
    linesBefore: 0,
    signal: "SIGKILL",
    during: [
      ctl("put m/3 three"),
      ctl("del m/1"),
      ctl("put m/2 TWO"),
      mirrored("the mirror has followed", "n/2", "TWO"),
    ],
  }),
  ctl("--endpoints={other} get '' --prefix", { name: "what the mirror has" }),
  ctl("make-mirror {other} --prefix=m/ --no-dest-prefix", {
    lines: 0,
    linesBefore: 0,
    signal: "SIGKILL",
    during: [mirrored("the second mirror has followed", "3", "three")],
  }),
  ctl("--endpoints={other} get '' --prefix", { name: "what the mirror has, prefix gone" }),
  ctl("make-mirror"),
];
