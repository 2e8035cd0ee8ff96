import type { FlagSpec } from "../command/flags.ts";
import { flagsText } from "../command/help.ts";
import { completionCommand } from "../command/shells.ts";
import type { CommandSpec, Invocation } from "../command/tree.ts";
import {
  bool,
  cluster,
  consistency,
  delFlags,
  getFlags,
  globals,
  int64,
  interactive,
  prefixOrFrom,
  putFlags,
  text,
  watchFlags,
} from "./flag-tables.ts";

/*
 * Every command of etcdctl 3.7 with its flags. Names, types and defaults are etcd's; the descriptions are ours. What a command does is
 * loaded when it runs, so that `etcdctl put` pays for `put` only.
 */

type Run = (call: Invocation) => Promise<void>;
const kv =
  (pick: (m: typeof import("./commands/kv.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/kv.ts"))(call);
const lease =
  (pick: (m: typeof import("./commands/lease.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/lease.ts"))(call);
const endpoint =
  (pick: (m: typeof import("./commands/endpoint.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/endpoint.ts"))(call);
const member =
  (pick: (m: typeof import("./commands/member.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/member.ts"))(call);
const maintenance =
  (pick: (m: typeof import("./commands/maintenance.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/maintenance.ts"))(call);
const access =
  (pick: (m: typeof import("./commands/access.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/access.ts"))(call);
const check =
  (pick: (m: typeof import("./commands/check.ts")) => Run): Run =>
  async (call) =>
    pick(await import("./commands/check.ts"))(call);

const loadFlag = text("load", "how much: s(mall), m(edium), l(arge) or xl (xLarge)", "s");
const afterwards: FlagSpec[] = [
  bool("auto-compact", "forget the history of the check afterwards"),
  bool("auto-defrag", "give the space of the check back afterwards"),
];

/** The whole program under the name it was called by; with our own version it names that, too. */
export function etcdctl(name: string, version?: string): CommandSpec {
  return {
    use: name,
    short: "Reads, writes and tends an etcd cluster.",
    inherited: globals,
    groups: {
      kv: "Key-value commands",
      cluster: "Cluster maintenance commands",
      concurrency: "Concurrency commands",
      auth: "Authentication commands",
      utility: "Utility commands",
    },
    children: [
      {
        use: "get [options] <key> [range_end]",
        short: "Reads a key or a range of keys",
        group: "kv",
        flags: getFlags,
        run: kv((m) => m.get),
      },
      {
        use: "put [options] <key> <value> (<value> can also be given from stdin)",
        short: "Writes a key",
        long: `
Writes a key. Without <value>, and without --ignore-value, the value is read from standard input:

$ ${name} put config < config.json

A value that begins with '-' must come after '--', else it is taken for a flag:

$ ${name} put offset -- -12
`,
        group: "kv",
        flags: putFlags,
        run: kv((m) => m.put),
      },
      {
        use: "del [options] <key> [range_end]",
        short: "Deletes a key or the keys of [key, range_end)",
        group: "kv",
        flags: delFlags,
        run: kv((m) => m.del),
      },
      {
        use: "txn [options]",
        short: "Runs several requests as one transaction",
        long: `Runs several requests, read from standard input, as one transaction: first the conditions, then what to do when all of them
hold, then what to do otherwise. An empty line ends each part.

mod("config") = "0"

put config "first"

get config
`,
        group: "kv",
        flags: [bool("interactive", "say which part is read next", "false", "i")],
        run: async (call) => (await import("./commands/txn.ts")).txn(call),
      },
      {
        use: "compaction [options] <revision>",
        short: "Forgets the history before a revision",
        group: "kv",
        flags: [bool("physical", "wait until the old revisions are removed from the store")],
        run: kv((m) => m.compaction),
      },
      {
        use: "alarm <subcommand>",
        short: `Shows and clears alarms; see \`${name} alarm --help\``,
        long: "Shows and clears alarms",
        group: "cluster",
        children: [
          { use: "disarm", short: "Clears all alarms", run: maintenance((m) => m.alarmDisarm) },
          { use: "list", short: "Lists all alarms", run: maintenance((m) => m.alarmList) },
        ],
      },
      {
        use: "defrag",
        short: "Has members give the unused space of their store back",
        group: "cluster",
        inherited: [cluster],
        run: endpoint((m) => m.defrag),
      },
      {
        use: "endpoint <subcommand>",
        short: `Asks members how they are; see \`${name} endpoint --help\``,
        long: "Asks members how they are",
        group: "cluster",
        inherited: [cluster],
        children: [
          { use: "health", short: "Tells which endpoints can serve", run: endpoint((m) => m.health) },
          {
            use: "status",
            short: "Prints version, size, leader and indexes of each endpoint",
            long: `Prints, with simple output, one line per endpoint:
endpoint, ID, version, storage version, db size, in use, percentage not in use, quota, is leader, is learner, raft term, raft index,
raft applied index, errors, downgrade target version, downgrade enabled.
`,
            run: endpoint((m) => m.status),
          },
          {
            use: "hashkv",
            short: "Prints the hash over each endpoint's keys and history",
            inherited: [int64("rev", "hash up to this revision; 0: the latest")],
            run: endpoint((m) => m.hashKv),
          },
        ],
      },
      {
        use: "move-leader <transferee-member-id>",
        short: "Hands leadership to another member",
        group: "cluster",
        run: maintenance((m) => m.moveLeader),
      },
      {
        use: "watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
        short: "Prints changes as they happen, or runs a command for each",
        group: "kv",
        flags: watchFlags,
        run: async (call) => (await import("./commands/watch.ts")).watch(call),
      },
      {
        use: "version",
        short: `Prints the version of ${name}`,
        group: "utility",
        run: async ({ io }) =>
          io.out(
            `${version === undefined ? "" : `quorate version: ${version}\n`}etcdctl version: 3.7.1\nAPI version: 3.7\n`,
          ),
      },
      {
        use: "lease <subcommand>",
        short: `Makes, renews and ends leases; see \`${name} lease --help\``,
        long: "Makes, renews and ends leases",
        group: "kv",
        children: [
          { use: "grant <ttl>", short: "Makes a lease of <ttl> seconds", run: lease((m) => m.grant) },
          { use: "revoke <leaseID>", short: "Ends a lease and deletes its keys", run: lease((m) => m.revoke) },
          {
            use: "timetolive <leaseID> [options]",
            short: "Tells how long a lease still lives",
            flags: [bool("keys", "show the keys of the lease, too")],
            run: lease((m) => m.timeToLive),
          },
          { use: "list", short: "Lists all leases", run: lease((m) => m.list) },
          {
            use: "keep-alive [options] <leaseID>",
            short: "Renews a lease until it is interrupted",
            flags: [bool("once", "renew once and end")],
            run: lease((m) => m.keepAlive),
          },
        ],
      },
      {
        use: "member <subcommand>",
        short: `Lists and changes the cluster's members; see \`${name} member --help\``,
        long: "Lists and changes the cluster's members",
        group: "cluster",
        children: [
          {
            use: "add <memberName> [options]",
            short: "Makes room for a new member",
            flags: [
              text("peer-urls", "the new member's peer URLs, separated by commas"),
              bool("learner", "the new member learns first and does not vote"),
            ],
            run: member((m) => m.add),
          },
          { use: "remove <memberID>", short: "Removes a member", run: member((m) => m.remove) },
          {
            use: "update <memberID> [options]",
            short: "Changes a member's peer URLs",
            flags: [text("peer-urls", "the member's new peer URLs, separated by commas")],
            run: member((m) => m.update),
          },
          {
            use: "list",
            short: "Lists all members",
            long: `Prints, with simple output, one line per member:
ID, Status, Name, Peer Addrs, Client Addrs, Is Learner.
`,
            flags: [consistency],
            run: member((m) => m.list),
          },
          {
            use: "promote <memberID>",
            short: "Gives a learner a vote",
            run: member((m) => m.promote),
          },
        ],
      },
      {
        use: "snapshot <subcommand>",
        short: "Saves a member's store to a file",
        group: "cluster",
        example: `  ${name} snapshot save /backup/etcd.db
  ${name} --endpoints=https://10.0.0.1:2379 --cacert=ca.crt --cert=me.crt --key=me.key snapshot save /backup/etcd.db`,
        children: [
          {
            use: "save <filename>",
            short: "Saves a member's store to <filename>",
            example: `  ${name} snapshot save /backup/etcd.db`,
            run: async (call) => (await import("./commands/snapshot.ts")).save(call),
          },
        ],
      },
      {
        use: "make-mirror [options] <destination>",
        short: "Copies keys to another cluster and keeps them in step",
        group: "utility",
        flags: [
          text("prefix", "mirror only keys that start with this"),
          int64("rev", "start with the changes of this revision instead of a full copy"),
          {
            name: "max-txn-ops",
            type: "uint",
            initial: "128",
            usage: "most operations in one transaction at the destination",
          },
          text("dest-prefix", "prefix that the keys get at the destination"),
          bool("no-dest-prefix", "take the prefix away at the destination"),
          text("dest-cert", "certificate that says who the client is at the destination"),
          text("dest-key", "private key of that certificate"),
          text("dest-cacert", "certificate authorities trusted at the destination"),
          bool("dest-insecure-transport", "talk to the destination without TLS", "true"),
          text("dest-user", "name[:password] to log in with at the destination"),
          text("dest-password", "password to log in with at the destination"),
        ],
        run: async (call) => (await import("./commands/mirror.ts")).makeMirror(call),
      },
      {
        use: "lock <lockname> [exec-command arg1 arg2 ...]",
        short: "Takes a lock, and holds it while a command runs",
        group: "concurrency",
        flags: [
          { name: "ttl", type: "int", initial: "10", usage: "seconds until the lock is free when its holder is gone" },
        ],
        run: async (call) => (await import("./commands/lock.ts")).lock(call),
      },
      {
        use: "elect <election-name> [proposal]",
        short: "Stands for election, or watches who leads",
        group: "concurrency",
        flags: [bool("listen", "only watch", "false", "l")],
        run: async (call) => (await import("./commands/lock.ts")).elect(call),
      },
      {
        use: "auth <enable or disable>",
        short: `Turns authentication on and off; see \`${name} auth --help\``,
        long: "Turns authentication on and off",
        group: "auth",
        children: [
          { use: "enable", short: "Turns authentication on", run: access((m) => m.authEnable) },
          { use: "disable", short: "Turns authentication off", run: access((m) => m.authDisable) },
          { use: "status", short: "Tells whether authentication is on", run: access((m) => m.authStatus) },
        ],
      },
      {
        use: "user <subcommand>",
        short: `Makes and changes users; see \`${name} user --help\``,
        long: "Makes and changes users",
        group: "auth",
        children: [
          {
            use: "add <user name or user:password> [options]",
            short: "Makes a user",
            flags: [
              interactive("ask for the password at the terminal; false: read it from standard input"),
              text("new-user-password", "the new user's password"),
              bool("no-password", "make a user without password, known by certificate only"),
            ],
            run: access((m) => m.userAdd),
          },
          { use: "delete <user name>", short: "Deletes a user", run: access((m) => m.userDelete) },
          {
            use: "get <user name> [options]",
            short: "Shows a user's roles",
            flags: [bool("detail", "show what each role allows")],
            run: access((m) => m.userGet),
          },
          { use: "list", short: "Lists all users", run: access((m) => m.userList) },
          {
            use: "passwd <user name> [options]",
            short: "Changes a user's password",
            flags: [interactive("ask for the password at the terminal; false: read it from standard input")],
            run: access((m) => m.userPassword),
          },
          { use: "grant-role <user name> <role name>", short: "Gives a user a role", run: access((m) => m.userGrant) },
          {
            use: "revoke-role <user name> <role name>",
            short: "Takes a role from a user",
            run: access((m) => m.userRevoke),
          },
        ],
      },
      {
        use: "role <subcommand>",
        short: `Makes and changes roles; see \`${name} role --help\``,
        long: "Makes and changes roles",
        group: "auth",
        children: [
          { use: "add <role name>", short: "Makes a role", run: access((m) => m.roleAdd) },
          { use: "delete <role name>", short: "Deletes a role", run: access((m) => m.roleDelete) },
          { use: "get <role name>", short: "Shows what a role allows", run: access((m) => m.roleGet) },
          { use: "list", short: "Lists all roles", run: access((m) => m.roleList) },
          {
            use: "grant-permission [options] <role name> <permission type> <key> [endkey]",
            short: "Allows a role to read, write or both",
            flags: prefixOrFrom("allow"),
            run: access((m) => m.roleGrant),
          },
          {
            use: "revoke-permission <role name> <key> [endkey]",
            short: "Takes a permission from a role",
            flags: prefixOrFrom("take back"),
            run: access((m) => m.roleRevoke),
          },
        ],
      },
      {
        use: "check <subcommand>",
        short: `Measures what a cluster can carry; see \`${name} check --help\``,
        long: "Measures what a cluster can carry",
        group: "utility",
        children: [
          {
            use: "perf [options]",
            short: "Measures throughput and latency of writes for a minute",
            flags: [
              loadFlag,
              text("prefix", "prefix of the keys that are written", "/etcdctl-check-perf/"),
              ...afterwards,
            ],
            run: check((m) => m.perf),
          },
          {
            use: "datascale [options]",
            short: "Measures the server's memory for a given amount of data",
            long: "Measures the memory of the first endpoint for a given amount of data.",
            flags: [
              loadFlag,
              text("prefix", "prefix of the keys that are written", "/etcdctl-check-datascale/"),
              ...afterwards,
            ],
            run: check((m) => m.dataScale),
          },
        ],
      },
      { ...completionCommand(name), group: "utility" },
      {
        use: "downgrade <TARGET_VERSION>",
        short: `Prepares the cluster for an older version; see \`${name} downgrade --help\``,
        long: "Prepares the cluster for an older version",
        group: "cluster",
        children: [
          {
            use: "validate <TARGET_VERSION>",
            short: "Tells whether the cluster can go back to a version",
            run: maintenance((m) => m.downgradeValidate),
          },
          {
            use: "enable <TARGET_VERSION>",
            short: "Starts going back to a version",
            run: maintenance((m) => m.downgradeEnable),
          },
          { use: "cancel", short: "Stops going back", run: maintenance((m) => m.downgradeCancel) },
        ],
      },
      {
        use: "options",
        short: "Lists the flags that every command takes",
        group: "utility",
        run: async ({ io }) => {
          const sorted = [...globals].sort((a, b) => (a.name < b.name ? -1 : 1));
          io.out(`The following options can be passed to any command:\n\n${flagsText(sorted)}`);
        },
      },
    ],
  };
}
