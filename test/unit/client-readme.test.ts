import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as quorate from "../../src/client/index.ts";
import { startMember } from "../../src/node/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const page = readFileSync(join(root, "src/client/README.md"), "utf8");
const blocks = [...page.matchAll(/^## (.*)$|^```ts\n([\s\S]*?)^```$/gm)];
const directory = mkdtempSync(join(tmpdir(), "quorate-readme-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a line says it prints: the comment behind `console.log(...)`. */
function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]!);
}

describe("the examples of src/client/README.md", () => {
  const examples: [title: string, code: string][] = [];
  let title = "the first";
  for (const [, heading, code] of blocks) {
    if (heading !== undefined) title = heading;
    else examples.push([title, code!]);
  }

  it("are all found", () => {
    expect(examples.length).toBe(page.match(/^```ts$/gm)?.length);
    expect(examples.length).toBeGreaterThan(8);
  });

  it.each(examples)("%s: runs, and prints what it says", async (_, code) => {
    const member = await startMember();
    const client = new quorate.Client({ endpoints: member.clientUrl });
    const backup = join(directory, "backup.db");
    try {
      const said: string[] = [];
      const scope = {
        ...quorate,
        ...(code.includes('from "node:fs/promises"') ? { open: files.open } : {}),
        client,
        backup,
        endpoints: member.clientUrl,
        console: {
          log: (...values: unknown[]) =>
            said.push(
              values
                .map((value) => (Array.isArray(value) ? `[ ${JSON.stringify(value[0])} ]` : String(value)))
                .join(" "),
            ),
        },
      };
      const body = code
        .replace(/^import .*$/gm, "")
        .replaceAll("http://127.0.0.1:2379", member.clientUrl)
        .replace("const client =", "const own =")
        .replace(/^(?=[\s\S]*const own)([\s\S]*)$/, (whole) => whole.replaceAll(/\bclient\./g, "own."));
      await new Function(...Object.keys(scope), `return (async () => {\n${body}\n})();`)(...Object.values(scope));
      const wanted = promised(code);
      expect(said.filter((line) => wanted.includes(line))).toEqual(wanted);
      if (code.includes("backup")) expect(statSync(backup).size).toBeGreaterThan(0);
    } finally {
      client.close();
      await member.close();
    }
  });
});
