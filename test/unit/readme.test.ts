import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startMember } from "../../src/node/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { scripts, bin, exports } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  exports: Record<string, unknown>;
};

/** Code of a page: fenced blocks with their language, and blocks set in by four spaces. */
function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```[\s\S]*?^```$|(?:^ {4}.*\n?)+/gm)].map((match) => match[0].trimEnd());
}

/** `npm …` and `bin/…` commands anywhere on a page. */
function commands(markdown: string): string[] {
  return [...markdown.matchAll(/\b(npm (?:run )?[a-z][\w:-]*|bin\/[a-z]+)/g)].map((match) => match[1]!);
}

describe.each(["README.md", "README.ko.md", "CONTRIBUTING.md", "docs/HACKING.md"])("commands of %s", (page) => {
  const found = commands(read(page));

  it("are there", () => {
    expect(found.length).toBeGreaterThan(0);
    const known = new Set(["ci", "install", ...Object.keys(scripts)]);
    for (const command of found) {
      if (command.startsWith("npm ")) expect([...known]).toContain(command.replace(/^npm (run )?/, ""));
      else expect(statSync(join(root, command)).mode & 0o111, command).not.toBe(0);
    }
  });
});

describe("README", () => {
  const english = read("README.md");
  const embed = codeBlocks(english).find((block) => block.startsWith("```ts"))!;

  it("has the same code in both languages", () => {
    expect(codeBlocks(read("README.ko.md"))).toEqual(codeBlocks(english));
  });

  it("has the same links in both languages, each to what is there", () => {
    // Each names the other; a link's text may be broken over lines.
    const links = (markdown: string): string[] =>
      [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((link) => !/^README/.test(link));
    expect(links(read("README.ko.md")).sort()).toEqual(links(english).sort());
    expect(links(english).length).toBeGreaterThan(5);
    for (const link of links(english)) {
      if (!/^https?:/.test(link)) expect(existsSync(join(root, link.split("#")[0]!)), link).toBe(true);
    }
    expect(english).toContain("](README.ko.md)");
    expect(read("README.ko.md")).toContain("](README.md)");
  });

  it("starts and tests with the two commands", () => {
    expect(english).toContain("npm ci && npm start");
    expect(english).toContain("npm ci && npm test");
    expect(Object.values(bin).every((path) => (statSync(join(root, path)).mode & 0o111) !== 0)).toBe(true);
  });

  it("shows a member embedded as it really is", async () => {
    const lines = embed.split("\n").slice(1, -1);
    expect(lines[0]).toBe('import { startMember } from "quorate";');
    expect(exports["."]).toBeDefined();
    const body = lines.slice(1).join("\n");
    const said: unknown[] = [];
    const run = new Function("startMember", "console", `return (async () => {\n${body}\n})();`);
    await run(startMember, { log: (line: unknown) => said.push(line) });
    expect(said).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
  });
});
