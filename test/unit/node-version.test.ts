import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { refusal } = createRequire(import.meta.url)("../../bin/node-version.cjs") as {
  refusal(version: string, path: string): string | undefined;
};
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { engines: { node: string } };

describe("the oldest Node", () => {
  it.each(["20.19.0", "v20.19.0", "20.20.2", "v21.7.3", "22.0.0", "v22.0", "24.1.0-nightly", "100.0.0"])(
    "%s will do",
    (version) => {
      expect(refusal(version, "node")).toBeUndefined();
    },
  );

  it.each(["v8.17.0", "v12.22.12", "14.21.3", "16.20.2", "18.20.8", "20.18.3", "20.0.0", "v20", "v2.0.0", "", "x"])(
    "%s is refused",
    (version) => {
      expect(refusal(version, "/usr/bin/node")).toBe(
        `needs Node 20.19 or later, but /usr/bin/node is Node ${version.replace("v", "")}: ` +
          "install a newer Node (https://nodejs.org) and put it first in PATH",
      );
    },
  );

  it("is the one of package.json", () => {
    expect(manifest.engines.node).toBe(">=20.19");
  });
});

describe("launchers", () => {
  const programs = readdirSync(join(root, "bin")).filter((name) => !name.includes("."));

  it("differ in the program that they start, and servers in the service manager that they look for", () => {
    const texts = new Map<string, string[]>();
    for (const name of programs) {
      const text = readFileSync(join(root, "bin", name), "utf8").replace(/\n[^\n]*\n$/, "");
      const kind = ["etcd", "quorate"].includes(name) ? "server" : "command";
      texts.set(kind, [...(texts.get(kind) ?? []), text]);
    }
    expect(new Set(texts.get("server")).size).toBe(1);
    expect(new Set(texts.get("command")).size).toBe(1);
    const shared = (text: string): string[] => text.split("\n").slice(0, 5);
    expect(shared(texts.get("server")![0]!)).toEqual(shared(texts.get("command")![0]!));
  });

  const olds = (process.env["QUORATE_OLD_NODES"] ?? "").split(",").filter((path) => path !== "");

  function run(node: string, args: readonly string[]): Promise<{ code: number | string; said: string }> {
    return new Promise((resolve) => {
      execFile(node, [...args], { cwd: root }, (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, said: stdout + stderr });
      });
    });
  }

  it.skipIf(olds.length === 0)(
    "refuse an old Node in one line (QUORATE_OLD_NODES names some, with commas between)",
    async () => {
      for (const node of olds) {
        for (const name of programs) {
          const { code, said } = await run(node, [join(root, "bin", name), "version"]);
          expect(said).toMatch(new RegExp(`^${name}: needs Node 20\\.19 or later, but ${node} is Node \\S+: .*\\n$`));
          expect(code).toBe(1);
        }
      }
    },
  );

  it.skipIf(olds.length === 0)(
    "the package refuses an old Node that imports or requires it (QUORATE_OLD_NODES)",
    async () => {
      for (const node of olds) {
        for (const entry of ["quorate", "quorate/client", "quorate/raft"]) {
          const wanted = new RegExp(`Error: quorate needs Node 20\\.19 or later, but ${node} is Node `);
          for (const load of [
            `import("${entry}").catch((error) => { console.error(String(error)); process.exit(1); })`,
            `require("${entry}")`,
          ]) {
            const { code, said } = await run(node, ["-e", load]);
            expect(said, load).toMatch(wanted);
            expect(said).not.toMatch(/SyntaxError|ERR_REQUIRE_ESM/);
            expect(code).not.toBe(0);
          }
        }
      }
    },
  );
});
