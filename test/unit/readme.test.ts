import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startMember } from "../../src/node/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { scripts, bin, exports, homepage } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  exports: Record<string, unknown>;
  homepage: string;
};

/** Code of a page: fenced blocks with their language, and blocks set in by four spaces. */
function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```[\s\S]*?^```$|(?:^ {4}.*\n?)+/gm)].map((match) => match[0].trimEnd());
}

/** `npm …` and `bin/…` commands anywhere on a page. */
function commands(markdown: string): string[] {
  return [...markdown.matchAll(/\b(npm (?:run )?[a-z][\w:-]*|bin\/[a-z]+)/g)].map((match) => match[1]!);
}

/** Where the pages of this repository are on the web; npm shows README without the repository around it. */
const pages = `${homepage.replace(/#.*$/, "")}/blob/main/`;

/** What a page links to, in place or by a name that is explained at its end. */
function linksOf(markdown: string): string[] {
  const named = new Map([...markdown.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name, to]) => [name!, to!]));
  const text = markdown.replace(/^```[\s\S]*?^```$|^ {4}.*$|^\[[^\]]+\]: \S+$|`[^`]*`/gm, "");
  return [...text.matchAll(/\[([^\]]+)\](?:\(([^)]*)\)|\[([^\]]+)\])?/g)].map(([, shown, inPlace, name]) => {
    const to = inPlace ?? named.get(name ?? shown!);
    expect(to, `[${name ?? shown}] is explained`).toBeDefined();
    return to!;
  });
}

/** The anchors of a page's headings. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(["README.md", "README.ko.md", "CONTRIBUTING.md", "docs/HACKING.md"])("commands of %s", (page) => {
  const found = commands(read(page));

  it("are there", () => {
    expect(found.length).toBeGreaterThan(0);
    const known = new Set(["ci", "install", "pack", ...Object.keys(scripts)]);
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

  it.each(["README.md", "README.ko.md"])(
    "links from %s to pages that are there, also for readers of the registry",
    (page) => {
      const links = linksOf(read(page));
      expect(links.length).toBeGreaterThan(0);
      for (const link of links) {
        expect(link.startsWith(pages), link).toBe(true);
        const [path, heading] = link.slice(pages.length).split("#");
        expect(existsSync(join(root, path!)), link).toBe(true);
        if (heading !== undefined) expect(headings(read(path!)), link).toContain(heading);
      }
    },
  );

  it("links to the same pages in both languages", () => {
    const other = (link: string): boolean => !/README(\.ko)?\.md$/.test(link.replace(/(docs|src)\/.*/, ""));
    expect(linksOf(read("README.ko.md")).filter(other)).toEqual(linksOf(english).filter(other));
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
