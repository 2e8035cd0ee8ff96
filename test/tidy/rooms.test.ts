import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/**
 * The plan of the house, kept. Each room lists the rooms it may enter; `base` is open to all. "types" entries may be
 * imported for their types only. See docs/ARCHITECTURE.md.
 */
const rooms: Record<string, { may: string[]; types?: string[] }> = {
  base: { may: [] },
  "wire/proto": { may: [] },
  "wire/http2": { may: [] },
  "wire/grpc": { may: ["wire/http2"] },
  raft: { may: [] },
  "storage/disk": { may: [] },
  "storage/wal": { may: ["wire/proto", "storage/disk"], types: ["raft"] },
  "storage/bolt": { may: ["storage/disk"] },
  "storage/store": { may: ["wire/proto", "storage/bolt", "storage/disk"] },
  "state/lease": { may: ["wire/proto", "storage/store"] },
  "state/mvcc": { may: ["wire/proto", "storage/store", "state/lease"] },
  "state/watch": { may: ["wire/proto", "state/mvcc"] },
  "state/auth": { may: ["wire/proto", "storage/store"] },
  "state/membership": { may: ["wire/proto", "storage/store"], types: ["raft"] },
  "server/peer": { may: ["wire/proto", "storage/store"], types: ["raft"] },
  server: {
    may: [
      "wire/proto",
      "raft",
      "storage/disk",
      "storage/wal",
      "storage/store",
      "state/lease",
      "state/mvcc",
      "state/watch",
      "state/auth",
      "state/membership",
      "server/peer",
    ],
  },
  "backup/restore": {
    may: ["wire/proto", "storage/disk", "storage/wal", "storage/store", "state/membership", "server"],
  },
  "api/rpc": { may: ["wire/proto", "wire/grpc", "server"], types: ["state/watch", "state/mvcc", "state/auth"] },
  "api/metrics": { may: [] },
  "api/gateway": { may: ["wire/proto", "wire/grpc", "api/rpc", "api/metrics", "server"] },
  "node/config": { may: [] },
  "node/tls": { may: ["storage/disk"] },
  node: {
    may: [
      "wire/proto",
      "wire/http2",
      "wire/grpc",
      "raft",
      "storage/disk",
      "storage/wal",
      "storage/bolt",
      "storage/store",
      "state/lease",
      "state/mvcc",
      "state/watch",
      "state/auth",
      "state/membership",
      "server/peer",
      "server",
      "api/rpc",
      "api/metrics",
      "api/gateway",
      "node/config",
      "node/tls",
    ],
  },
  client: { may: ["wire/proto", "wire/grpc"] },
  cli: {
    may: [
      "backup/restore",
      "node",
      "node/config",
      "node/tls",
      "client",
      "wire/proto",
      "wire/grpc",
      "storage/disk",
      "storage/wal",
      "storage/store",
      "storage/bolt",
      "state/mvcc",
      "state/membership",
    ],
  },
  "sim/check": { may: [] },
  sim: {
    may: [
      "sim/check",
      "wire/proto",
      "raft",
      "storage/disk",
      "storage/wal",
      "storage/bolt",
      "storage/store",
      "state/lease",
      "state/mvcc",
      "state/watch",
      "state/membership",
      "server/peer",
      "server",
      "backup/restore",
      "api/rpc",
    ],
    types: ["wire/grpc"],
  },
};

/** The only files below `node` that may touch `node:` modules: one adapter each. */
const adapters = [
  "src/storage/disk/real.ts",
  "src/wire/grpc/socket.ts",
  "src/api/gateway/http.ts",
  "src/api/gateway/websocket.ts",
  "src/server/peer/http.ts",
];

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

const names = Object.keys(rooms).sort((a, b) => b.length - a.length);
function roomOf(file: string): string | undefined {
  const path = file.slice("src/".length);
  return names.find((name) => path.startsWith(`${name}/`));
}

function isTest(file: string): boolean {
  return /\.test\.ts$|\/(testing|test-helpers?)[./]/.test(file);
}

function isPure(file: string): boolean {
  return !/^src\/(node|client|cli|sim)\//.test(file) && !adapters.includes(file) && !isTest(file);
}

const importPattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/g;

describe("the house", () => {
  it("has a room for each file", () => {
    expect(sources.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  it("is drawn in docs/ARCHITECTURE.md, every room of it", () => {
    const plan = readFileSync(join(root, "docs/ARCHITECTURE.md"), "utf8");
    const drawn: string[] = [];
    let floor = "";
    for (const [, first, second] of plan.matchAll(/^\| (?:`([a-z]+)`)? ?\| (?:`([a-z0-9]+)`)? ?\|/gm)) {
      floor = first ?? floor;
      drawn.push(second === undefined ? floor : `${floor}/${second}`);
    }
    expect(drawn.filter((room, i) => drawn.indexOf(room) === i).sort()).toEqual(Object.keys(rooms).sort());
  });

  it("lets a room enter only rooms below it, by the front door", () => {
    const wrong: string[] = [];
    for (const file of sources) {
      if (isTest(file)) continue;
      const from = roomOf(file)!;
      const { may, types = [] } = rooms[from]!;
      for (const [, , typeOnly, specifier] of readFileSync(join(root, file), "utf8").matchAll(importPattern)) {
        if (!specifier!.startsWith(".")) continue;
        const target = join(dirname(file), specifier!);
        const to = roomOf(target);
        if (to === from || to === undefined) continue;
        const allowed = to === "base" || may.includes(to) || (typeOnly !== undefined && types.includes(to));
        if (!allowed)
          wrong.push(`${file}: ${from} may not import ${to}${types.includes(to) ? " other than types" : ""}`);
        else if (to !== "base" && !target.endsWith("/index.ts"))
          wrong.push(`${file}: enter ${to} by its index.ts, not ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("keeps time, chance and node: modules out of the pure rooms", () => {
    const wrong: string[] = [];
    for (const file of sources.filter(isPure)) {
      const text = readFileSync(join(root, file), "utf8");
      for (const [index, line] of text.split("\n").entries()) {
        if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
        const slip =
          /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bset(Timeout|Interval|Immediate)\b|\bperformance\.now\b|\bprocess\.\w|from "node:/.exec(
            line,
          );
        if (slip) wrong.push(`${file}:${index + 1}: ${slip[0]}: take it from Env, or move it to an adapter`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("leaves nothing of Node's own to people and parents, where etcd has another default", () => {
    const slips: readonly (readonly [RegExp, RegExp, string])[] = [
      [
        /^src\/(node|cli|storage\/disk)\//,
        /\bas Error\)\.message|instanceof Error \? \w+\.message/,
        "messageOf words errors of the system as etcd does",
      ],
      [/^src\//, /mkdir(Sync)?\([^)]*recursive/, "RealDisk.makeDirectory: Node's own never returns below /proc"],
      [
        /^src\/cli\//,
        /process\.std(out|err)\.write|console\.\w+\(/,
        "src/cli/process/output.ts takes a closed pipe as etcd does",
      ],
      [
        /^src\/(?!cli\/|sim\/)/,
        /process\.(on|once|exit|exitCode|title)\b/,
        "the process belongs to whoever embeds a member",
      ],
    ];
    const wrong: string[] = [];
    for (const file of sources.filter((file) => !isTest(file))) {
      for (const [index, line] of readFileSync(join(root, file), "utf8").split("\n").entries()) {
        if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
        for (const [where, slip, why] of slips) {
          if (where.test(file) && slip.test(line)) wrong.push(`${file}:${index + 1}: ${why}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has no test that is skipped, focused or only promised", () => {
    const wrong = sources
      .filter(isTest)
      .filter((file) => /\b(it|test|describe)\.(skip|only|todo)\b/.test(readFileSync(join(root, file), "utf8")));
    expect(wrong).toEqual([]);
  });
});
