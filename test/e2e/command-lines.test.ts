import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, etcd37, freePort, type Outcome, quorate, type Running, run, scratch, start } from "./servers.ts";

/*
 * Command lines that are read or that end in an unusual way, played by etcdctl 3.7.1 and by ours against one server: forms of
 * endpoints, ends of commands that etcdctl runs. And the completion scripts, in the shells that there are.
 */

const bin = (name: string): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
const theirs = etcd37 === undefined ? undefined : join(dirname(etcd37.command), "etcdctl");
const without = theirs === undefined || !existsSync(theirs);
const title = (name: string): string => (without ? `${name} (skipped: etcdctl 3.7.1 missing)` : name);

afterAll(cleanUp);

/** Plays `cases` with both programs, a few at a time. */
async function playBoth<Case>(
  cases: readonly Case[],
  play: (program: string, one: Case) => Promise<Outcome>,
): Promise<Map<Case, { etcd: Outcome; own: Outcome }>> {
  const found = new Map<Case, { etcd: Outcome; own: Outcome }>();
  const left = [...cases];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      found.set(one, { etcd: await play(theirs!, one), own: await play(bin("etcdctl"), one) });
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  return found;
}

describe.skipIf(without)(title("endpoints of etcdctl"), () => {
  let server: Running;
  let outcomes: Map<string, { etcd: Outcome; own: Outcome }>;
  const socket = "s.sock";

  /** `H` is the server's address, `P` its port, `S` the path of its socket. */
  const forms = [
    ...["H", "H,", ",H", ",,H,,", "H,H", " H", "H ", "H, H", "H,,H", '"H"', '"H","H"', '"H', "H\n"],
    ...[
      "http://H",
      "HTTP://H",
      "Http://H",
      "http://H/",
      "H/",
      "http://H/path",
      "http://H?q=1",
      "http://H#f",
      "http://u:p@H",
    ],
    ...[
      "https://H",
      "HTTPS://H",
      "ftp://H",
      "etcd://H",
      "dns:///H",
      "passthrough:///H",
      "http:H",
      "//H",
      "u@H",
      "H;H",
      "H:1",
    ],
    ...[
      "localhost:P",
      "LOCALHOST:P",
      "http://localhost:P",
      ":P",
      "http://:P",
      "0.0.0.0:P",
      "127.1:P",
      "2130706433:P",
      "%31:P",
    ],
    ...["[::1]:P", "http://[::1]:P", "http://[::1%25lo]:P", "[::1%lo]:P", "::1:P", "[::1]"],
    ...["unix://S", "unix:S", "UNIX://S", "unixs://S", "unixs:S", "unix://", "unix:"],
    ...["127.0.0.1", "http://127.0.0.1", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:abc"],
    ...["127.0.0.1:+P", "http://127.0.0.1:0P", "127.0.0.1:-1", "a b:P", "http://a b:P", "http://", "http:///H"],
    ...["", ",", " ", ",,", "x.invalid:1,H", "H,x.invalid:1", "a,H", "ftp://x,H", ",http://,H"],
  ];

  beforeAll(async () => {
    const port = await freePort();
    const path = join(scratch(), socket);
    server = await start(etcd37!, {
      port,
      args: [
        `--listen-client-urls=http://127.0.0.1:${port},http://[::1]:${port},unix://${path}`,
        `--advertise-client-urls=http://127.0.0.1:${port}`,
      ],
    });
    expect((await run(theirs!, [`--endpoints=127.0.0.1:${port}`, "put", "k", "v"])).code).toBe(0);
    const filled = (form: string): string =>
      form.replaceAll("H", `127.0.0.1:${port}`).replaceAll("P", String(port)).replaceAll("S", path);
    // Schemes and names in capitals are not to be filled in.
    const written = (form: string): string => {
      const scheme = /^(HTTPS|HTTP|Http|UNIX|LOCALHOST)(?=:)/.exec(form)?.[0] ?? "";
      return scheme + filled(form.slice(scheme.length));
    };
    outcomes = await playBoth(forms, (program, form) =>
      run(program, [`--endpoints=${written(form)}`, "--dial-timeout=600ms", "--command-timeout=1s", "get", "k"]),
    );
  }, 180_000);
  afterAll(async () => {
    await server.stop();
  });

  it.each(forms)("%j", (form) => {
    const { etcd, own } = outcomes.get(form)!;
    expect([own.code, own.stdout], own.stderr).toEqual([etcd.code, etcd.stdout]);
    const last = (outcome: Outcome): string | undefined =>
      outcome.stderr.split("\n").find((line) => line.startsWith("Error: "));
    // etcd's text holds an address of its memory.
    if (/^Error: parse /.test(last(etcd) ?? ""))
      expect(last(own)).toMatch(/^Error: parse .*: invalid URL escape "%lo"/);
    else expect(last(own)).toBe(last(etcd));
  });

  it.each(["ETCDCTL_ENDPOINTS"])("the same from %s", async (name) => {
    const address = server.url.replace("http://", "");
    for (const list of [`${address},`, `,${address}`, ` ${address} ,`]) {
      const [etcd, own] = await Promise.all(
        [theirs!, bin("etcdctl")].map((program) => run(program, ["get", "k"], { env: { [name]: list } })),
      );
      expect([own!.code, own!.stdout, own!.stderr]).toEqual([etcd!.code, etcd!.stdout, etcd!.stderr]);
      expect(own!.code).toBe(0);
    }
  });
});

describe.skipIf(without)(title("what etcdctl runs"), () => {
  let server: Running;
  let outcomes: Map<readonly string[], { etcd: Outcome; own: Outcome }>;
  const signals = ["HUP", "INT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM"];
  const more = ["TERM", "STKFLT", "XCPU", "XFSZ", "VTALRM", "PROF", "IO", "PWR", "SYS"];
  const dir = scratch();
  const commands: readonly (readonly string[])[] = [
    ...[0, 1, 3, 128, 255].map((code) => ["sh", "-c", `exit ${code}`]),
    // A name of its own keeps a shell from taking the signal as its child's.
    ...[...signals, ...more].map((name) => ["bash", "-c", `ulimit -c 0; kill -${name} $$; exec sleep 5`]),
    ["no-such-program"],
    ["/no/such/program"],
    [""],
    [dir],
    [join(dir, "plain")],
    [join(dir, "text")],
    [join(dir, "empty")],
    [join(dir, "lost")],
    [join(dir, "text/below")],
    ["sh", "-c", "read line; echo got=$line"],
  ];

  beforeAll(async () => {
    server = await start(quorate);
    const files: [string, string, number][] = [
      ["plain", "#!/bin/sh\n", 0o644],
      ["text", "exit 3\n", 0o755],
      ["empty", "", 0o755],
      ["lost", "#!/no/such/interpreter\n", 0o755],
    ];
    for (const [name, text, mode] of files) {
      writeFileSync(join(dir, name), text);
      chmodSync(join(dir, name), mode);
    }
    let number = 0;
    outcomes = await playBoth(commands, (program, command) =>
      run(program, [`--endpoints=${server.url}`, "lock", `lock${++number}`, "--", ...command], { input: "typed\n" }),
    );
  }, 120_000);
  afterAll(async () => {
    await server.stop();
  });

  it.each(commands.map((command) => [command]))("lock … -- %j", (command) => {
    const { etcd, own } = outcomes.get(command)!;
    expect([own.code, own.stdout, own.stderr]).toEqual([etcd.code, etcd.stdout, etcd.stderr]);
  });

  it("leaves no lock behind, however it ended", async () => {
    const left = await run(theirs!, [`--endpoints=${server.url}`, "get", "lock", "--prefix", "--keys-only"]);
    expect(left).toMatchObject({ code: 0, stdout: "" });
  });
});

describe("completion", () => {
  const scripts = scratch();
  const file = (name: string): string => join(scripts, name);
  const has = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

  beforeAll(async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      for (const program of ["quorate", "quoratectl", "quorateutl", "etcdctl"]) {
        const script = await run(bin(program), ["completion", shell]);
        expect(script).toMatchObject({ code: 0, stderr: "" });
        writeFileSync(file(`${program}.${shell}`), script.stdout);
      }
    }
  });

  /** Words typed, the last of them half, and some of what may stand there; no word of `not` may. */
  const cases: [string, string[], string[]][] = [
    ["quorate ", ["start", "dev", "gateway", "ctl", "utl", "version"], ["lease"]],
    ["quorate d", ["dev"], ["start"]],
    ["quorate dev --b", ["--base-port"], ["--data-dir"]],
    ["quorate start --listen-c", ["--listen-client-urls", "--listen-client-http-urls"], ["--name"]],
    ["quorate ctl lease g", ["grant"], ["get"]],
    // Values of flags are no commands, even where they look like one.
    ["quorate ctl --endpoints get lease g", ["grant"], ["get"]],
    ["quorate ctl make-mirror --prefix get --dest-u", ["--dest-user"], []],
    ["quorate ctl get --prefix --li", ["--limit"], []],
    ["quoratectl user gr", ["grant-role"], ["grant"]],
    ["quorateutl snapshot r", ["restore"], []],
    ["etcdctl endpoint h", ["health", "hashkv"], ["help"]],
  ];

  it.skipIf(!has("bash")).each(cases)("bash: %s", (line, some, not) => {
    const words = line.split(" ");
    const program = words[0]!;
    const body = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); __start_${program}; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const shell = spawnSync("bash", ["--norc", "-c", body, "bash", file(`${program}.bash`), ...words], {
      encoding: "utf8",
    });
    expect(shell.stderr).toBe("");
    const found = shell.stdout.split("\n");
    for (const word of some) expect(found).toContain(word);
    for (const word of not) expect(found).not.toContain(word);
  });

  it.skipIf(!has("fish")).each(cases)("fish: %s", (line, some, not) => {
    const program = line.split(" ")[0]!;
    const shell = spawnSync("fish", ["--no-config", "-c", `source ${file(`${program}.fish`)}; complete -C '${line}'`], {
      encoding: "utf8",
      env: { ...process.env, HOME: scripts },
    });
    expect(shell.stderr).toBe("");
    const found = shell.stdout.split("\n").map((entry) => entry.split("\t")[0]);
    for (const word of some) expect(found).toContain(word);
    for (const word of not) expect(found).not.toContain(word);
  });

  it.skipIf(!has("zsh")).each(cases)("zsh: %s", (line, some, not) => {
    const words = line.split(" ");
    const program = words[0]!;
    // bashcompinit calls the function with these; a terminal would be needed to press Tab.
    const body = `autoload -U +X compinit && compinit -u -D; source "$1"; shift; setopt ksharrays; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); setopt shwordsplit; __start_${program}; print -l -- "\${COMPREPLY[@]}"`;
    const shell = spawnSync("zsh", ["-f", "-c", body, "zsh", file(`${program}.zsh`), ...words], { encoding: "utf8" });
    expect(shell.stderr).toBe("");
    // zsh itself leaves out what does not begin with what was typed.
    const found = shell.stdout.split("\n").filter((word) => word.startsWith(words.at(-1)!));
    for (const word of some) expect(found).toContain(word);
    for (const word of not) expect(found).not.toContain(word);
  });
});
