import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * The package as a stranger's compiler sees it: its declarations in a project of their own, where nothing else is installed, under
 * `--strict` and without `skipLibCheck`. QUORATE_TSC names a further compiler to try (TypeScript 5, say).
 */

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const compilers = [join(root, "node_modules/.bin/tsc"), ...(process.env.QUORATE_TSC?.split(":") ?? [])];
const project = mkdtempSync(join(tmpdir(), "quorate-types-"));

function tsc(compiler: string, ...args: string[]): string {
  try {
    return execFileSync(compiler, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    return `${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`;
  }
}

function compile(compiler: string, name: string, code: string, options: Record<string, unknown>): string {
  writeFileSync(join(project, `${name}.ts`), code);
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
    ...options,
  };
  writeFileSync(join(project, `tsconfig.${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  return tsc(compiler, "-p", `tsconfig.${name}.json`);
}

beforeAll(() => {
  const installed = join(project, "node_modules/quorate");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }');
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  const build = ["-p", join(root, "tsconfig.build.json"), "--emitDeclarationOnly", "--incremental", "false"];
  const none = ["--tsBuildInfoFile", "null", "--outDir", join(installed, "dist")];
  expect(tsc(compilers[0]!, ...build, ...none)).toBe("");
}, 60_000);
afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

const everything = `
import * as quorate from "quorate";
import * as client from "quorate/client";
import * as raft from "quorate/raft";

export async function use(): Promise<string | undefined> {
  const member: quorate.StartedMember = await quorate.startMember({ storage: "memory" });
  const one = new client.Client({ endpoints: [member.clientUrl], tls: { ca: new Uint8Array(1) } });
  const lease = await one.lease(10);
  await one.put("a", new Uint8Array(3), { lease, signal: lease.signal, timeoutMs: 5 });
  const space: client.Namespace = one.namespace("b/");
  const value = await space.stm(async (tx) => (await tx.get("a"))?.text, { isolation: "serializable" });
  for await (const event of space.watch({ prefix: "" }, { signal: lease.signal })) return event.kv.text;
  for await (const piece of await one.maintenance.snapshot()) return String(piece.length);
  const held: boolean = lease.signal.aborted;
  lease.signal.addEventListener("abort", () => {});
  one.close();
  return held ? value : String(raft.quorumSize(3));
}
`;

describe.each(compilers)("under %s", (compiler) => {
  it.each([
    ["NodeNext", { module: "nodenext" }],
    ["Bundler", { module: "esnext", moduleResolution: "bundler" }],
    ["NodeNext with the DOM", { module: "nodenext", lib: ["es2022", "dom"] }],
    ["NodeNext with disposables", { module: "nodenext", lib: ["es2022", "esnext.disposable"] }],
  ])("all entry points compile without @types/node: %s", (name, options) => {
    expect(compile(compiler, `alone-${name.replaceAll(" ", "-")}`, everything, options)).toBe("");
  });

  it("each entry point compiles by itself", () => {
    for (const entry of ["quorate", "quorate/client", "quorate/raft"]) {
      const code = `import * as all from "${entry}";\nexport { all };\n`;
      expect(compile(compiler, `entry-${entry.replace("/", "-")}`, code, {})).toBe("");
    }
  });

  it("with @types/node a signal is the platform's", () => {
    mkdirSync(join(project, "node_modules/@types"), { recursive: true });
    try {
      for (const name of ["@types/node", "undici-types"])
        symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const code = `${everything}
      export async function fetches(lease: client.Lease, one: client.Client): Promise<void> {
        await fetch("http://127.0.0.1", { signal: lease.signal });
        await one.get("a", { signal: AbortSignal.any([lease.signal, AbortSignal.timeout(5)]) });
        await one.put("a", Buffer.from("b"));
      }`;
    // Not all of @types/node itself compiles strictly with every compiler, so it is left out here.
    expect(compile(compiler, "with-node", code, { types: ["node"], skipLibCheck: true })).toBe("");
  });

  it("a mistake is seen", () => {
    const wrong = 'import { Client } from "quorate/client";\nnew Client({ endpoint: "http://127.0.0.1:2379" });\n';
    expect(compile(compiler, "wrong", wrong, {})).toContain("endpoint");
  });

  it("the examples of quorate/client compile", () => {
    const rooms = join(root, "src/client");
    const index = readFileSync(join(rooms, "index.ts"), "utf8");
    const names = [...index.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, type, list]) =>
      list!
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")
        .map((name) => (type === undefined || name.startsWith("type ") ? name : `type ${name}`)),
    );
    const imports = new Set<string>();
    const bodies: string[] = [];
    for (const file of readdirSync(rooms).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))) {
      const source = readFileSync(join(rooms, file), "utf8");
      for (const [, block] of source.matchAll(/@example\n((?: *\* ?.*\n)*?) *\*\//g)) {
        const lines = block!.split("\n").map((line) => line.replace(/^ *\* ?/, ""));
        const own = lines.filter((line) => line.startsWith("import "));
        for (const line of own) imports.add(line);
        const body = lines.filter((line) => !line.startsWith("import "));
        bodies.push(`// ${file}\nasync () => {\n${body.join("\n")}\n};`);
      }
    }
    const page = readFileSync(join(rooms, "README.md"), "utf8");
    for (const [, block] of page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      const lines = block!.split("\n");
      for (const line of lines) if (/^import .*"node:/.test(line)) imports.add(line);
      bodies.push(`// README.md\nasync () => {\n${lines.filter((line) => !line.startsWith("import ")).join("\n")}\n};`);
    }
    expect(bodies.length).toBeGreaterThan(35);
    const code = `import { ${names.join(", ")} } from "quorate/client";
      ${[...imports].join("\n")}
      declare const client: Client;
      declare const endpoints: string[];
      declare const backup: string;
      ${bodies.join("\n")}`;
    expect(compile(compiler, "examples", code, { types: ["node"], skipLibCheck: true })).toBe("");
  });
});
