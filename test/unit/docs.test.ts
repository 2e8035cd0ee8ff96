import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  featureNames,
  featureStatus,
  ignoredFlags,
  options,
  optionsMarkdown,
  stageOf,
} from "../../src/node/config/index.ts";
import { election, lock, rpc } from "../../src/wire/proto/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("docs/operating/flags.md", () => {
  const page = read("docs/operating/flags.md");

  it("is what scripts/gen-docs.mjs writes", () => {
    expect(page).toContain(optionsMarkdown());
    for (const flag of ignoredFlags) expect(page).toContain(`\`--${flag}\``);
    for (const name of featureNames) {
      expect(page).toMatch(
        new RegExp(`\\| \`${name}\` \\| ${stageOf(name).toLowerCase()} \\| (on|off) \\| ${featureStatus(name)} \\|`),
      );
    }
  });
});

describe("docs/compat.md", () => {
  const rows = read("docs/compat.md")
    .split("\n")
    .filter((line) => line.startsWith("| "));

  it("gives every row one of three states", () => {
    const items = rows.filter((row) => !/State \|$|^\| ---/.test(row));
    const without = items.filter((row) => !/^(done|partly: .|not yet: .)/.test(row.split(" | ").at(-1)!));
    expect(without).toEqual([]);
  });

  it.each(options.map(({ flag, status }) => [flag, status] as const))(
    "tells of flag %s what is true (%s)",
    (flag, status) => {
      const found = rows.filter((row) => row.split(" | ")[1]?.split(", ").includes(flag));
      expect(found).toHaveLength(1);
      if (status !== "none") expect(found[0]!.includes("| not yet: without effect")).toBe(status === "later");
    },
  );

  it("has every method and every path of the gateway", () => {
    const services = [
      rpc.KVService,
      rpc.WatchService,
      rpc.LeaseService,
      rpc.ClusterService,
      rpc.MaintenanceService,
      rpc.AuthService,
      lock.LockService,
      election.ElectionService,
    ];
    const page = rows.join("\n");
    for (const { methods } of services) {
      for (const { name, paths } of methods) {
        expect(page).toContain(`| ${name} |`);
        for (const path of paths) expect(page).toContain(`\`${path}\``);
      }
    }
  });
});

describe("links between documents", () => {
  const documents = [
    "README.md",
    "README.ko.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/ARCHITECTURE.md",
    "docs/HACKING.md",
    "docs/compat.md",
    "docs/operating/README.md",
  ];
  it.each(documents)("of %s lead somewhere", (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
  });
});
