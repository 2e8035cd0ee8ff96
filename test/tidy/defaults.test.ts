import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/**
 * Node's defaults for servers and sockets are not etcd's (docs/internals/defaults.md), so nothing is left to them: whoever makes
 * a server or opens a connection takes the options that `base` has for it.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Sockets within one machine that no member's client or peer sees. */
const exempt = [
  // Asks for a free port, and serves the commands of a development cluster in a file of its directory.
  "src/cli/dev/supervisor.ts",
  "src/cli/dev/control.ts",
];

const sources = (readdirSync(join(root, "src"), { recursive: true }) as string[])
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !exempt.includes(name))
  .map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));

/** Names that a file imports from a module, types left out; `*` for all of it. */
function imported(text: string, module: string): string[] {
  const found: string[] = [];
  for (const [, all, names] of text.matchAll(
    new RegExp(`import (?:(\\* as \\w+)|\\{([^}]*)\\}) from "${module}";`, "g"),
  )) {
    if (all !== undefined) found.push("*");
    for (const name of (names ?? "").split(",")) {
      const [plain = ""] = name.trim().split(" as ");
      if (plain !== "" && !plain.startsWith("type ")) found.push(plain);
    }
  }
  return found;
}

function users(modules: readonly string[], names: readonly string[]): { name: string; text: string }[] {
  return sources.filter(({ text }) =>
    modules.some((module) => imported(text, module).some((name) => name === "*" || names.includes(name))),
  );
}

describe("no default of Node's is left for", () => {
  it.each([
    ["servers of HTTP/1", ["node:http"], ["createServer"], ["http1Options", "serveLikeGo("], 3],
    ["listeners", ["node:net"], ["createServer"], ["acceptOptions"], 3],
    ["sockets that call", ["node:net"], ["connect", "createConnection"], ["dialOptions"], 2],
    ["sockets that call by TLS", ["node:tls"], ["connect"], ["dialOptions"], 2],
    // The bridge of wire/grpc/socket.ts calls within the process.
    ["requests", ["node:http", "node:https"], ["request", "get", "Agent"], ["dialOptions"], 3],
  ])("%s", (_what, modules, names, needed, least) => {
    const found = users(modules, names);
    // Where the search finds nothing, it is the search that is wrong.
    expect(found.length).toBeGreaterThanOrEqual(least);
    const without = found.filter(({ text }) => !needed.every((word) => text.includes(word)));
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it("TLS: only one file makes what OpenSSL is told", () => {
    const makers = sources
      // The client takes what it is given, see `tlsShape`.
      .filter(({ text }) => /\bcreateSecureContext\(|\bciphers:(?! kinds\.)/.test(text))
      .map(({ name }) => name);
    expect(makers).toEqual(["src/node/tls/cipher-suites.ts", "src/node/tls/material.ts"]);
  });
});
