import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { execute, program } from "../command/command.ts";
import { type CompletionEntry, completionEntries, completionScript } from "../command/completion.ts";
import { runCommandLine } from "../command/testing.ts";
import { completions as ctlCompletions, main as etcdctl } from "../ctl/main.ts";
import { etcdctl as etcdctlTree } from "../ctl/tree.ts";
import type { Installation } from "../installation.ts";
import { briefly } from "../server/run.ts";
import { main as etcdutl, completions as utlCompletions } from "../utl/main.ts";
import { quorate } from "./tree.ts";

const ran: string[] = [];
const installation: Installation = {
  version: "9.8.7",
  etcd: join(import.meta.dirname, "../../../bin/etcd"),
  ready: () => {},
  notify: undefined,
  run: async (bundle, name) => {
    ran.push(`${bundle} ${name}`);
    return name === "completions" ? (bundle === "ctl" ? ctlCompletions : utlCompletions)("9.8.7") : undefined;
  },
};
const run = (...args: string[]) =>
  runCommandLine((io) => execute(quorate(installation), io, { errors: "brief" }), args);

const commands = [
  "start",
  "dev",
  "gateway",
  "grpc-proxy",
  "ctl",
  "utl",
  "install-etcd-names",
  "completion",
  "version",
  "help",
];

describe("quorate", () => {
  it("lists its commands, with examples, in its help", async () => {
    for (const args of [["help"], ["--help"], ["-h"]]) {
      const { out, err, code } = await run(...args);
      expect([err, code]).toEqual(["", 0]);
      for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} +\\S`, "m"));
      expect(out).toContain("quorate dev ");
      expect(out).toContain("Quorate 9.8.7");
      expect(out).not.toContain("etcd [flags]");
    }
  });

  it.each(commands)("has help for %s", async (command) => {
    const { out, err, code } = await run("help", command);
    expect([err, code]).toEqual(["", 0]);
    expect(out).toContain(`Usage:\n  quorate ${command}`);
  });

  it("has every flag of a member in the help of start, also by its other name", async () => {
    for (const name of ["start", "server"]) {
      const { out } = await run("help", name);
      expect(out).toContain("--listen-client-urls 'http://localhost:2379'");
      expect(out).toContain("quorate start [flags]\n  quorate [flags]\n");
    }
  });

  it.each([
    [["dve"], 'quorate: unknown command "dve"; did you mean "dev"?\nRun \'quorate --help\' for usage.\n'],
    // The last letter is Cyrillic.
    [["dv\u0435"], 'quorate: unknown command "dv\u0435"; did you mean "dev"?\nRun \'quorate --help\' for usage.\n'],
    [["stat"], 'quorate: unknown command "stat"; did you mean "start"?\nRun \'quorate --help\' for usage.\n'],
    [["etl"], 'quorate: unknown command "etl"; did you mean "ctl" or "utl"?\nRun \'quorate --help\' for usage.\n'],
    [["xyzzy"], "quorate: unknown command \"xyzzy\"\nRun 'quorate --help' for usage.\n"],
    [["de"], 'quorate: unknown command "de"; did you mean "dev"?\nRun \'quorate --help\' for usage.\n'],
    [["help", "sart"], 'quorate: unknown command "sart"; did you mean "start"?\nRun \'quorate --help\' for usage.\n'],
    [
      ["gateway", "strat"],
      'quorate gateway: unknown command "strat"; did you mean "start"?\nRun \'quorate gateway --help\' for usage.\n',
    ],
    [
      ["gateway", "start", "--endpints=x"],
      "quorate gateway start: unknown flag: --endpints; did you mean --endpoints?\nRun 'quorate gateway start --help' for usage.\n",
    ],
    [
      ["dev", "--member", "3"],
      "quorate dev: unknown flag: --member; did you mean --members?\nRun 'quorate dev --help' for usage.\n",
    ],
    [
      ["completion", "tcsh"],
      'quorate completion: invalid argument "tcsh" for "quorate completion"\nRun \'quorate completion --help\' for usage.\n',
    ],
  ])("%j says what may have been meant", async (args, text) => {
    expect(await run(...args)).toEqual({ out: "", err: text, code: 1 });
  });

  it("tells both versions, under each of its own names; etcd's names tell etcd's alone", async () => {
    expect((await run("version")).out).toMatch(
      /^quorate version: 9\.8\.7\netcd version: 3\.7\.1\nAPI version: 3\.7\nNode version: v\d+\.\d+\.\d+\n$/,
    );
    const own = { version: "9.8.7" };
    const ctl = await runCommandLine((io) => etcdctl(io, { name: "quoratectl", ...own }), ["version"]);
    expect(ctl.out).toBe("quorate version: 9.8.7\netcdctl version: 3.7.1\nAPI version: 3.7\n");
    const utl = await runCommandLine((io) => etcdutl(io, { name: "quorate utl", ...own }), ["version"]);
    expect(utl.out).toBe("quorate version: 9.8.7\netcdutl version: 3.7.1\nAPI version: 3.7\n");
    expect((await runCommandLine((io) => etcdctl(io), ["version"])).out).toBe(
      "etcdctl version: 3.7.1\nAPI version: 3.7\n",
    );
    expect((await runCommandLine((io) => etcdutl(io), ["version"])).out).toBe(
      "etcdutl version: 3.7.1\nAPI version: 3.7\n",
    );
  });

  it("suggests flags and commands in the tools of its own name, and leaves etcd's as they are", async () => {
    const ctl = (args: string[], own: boolean) =>
      runCommandLine((io) => etcdctl(io, own ? { name: "quorate ctl", version: "1" } : undefined), args);
    const first = async (args: string[], own: boolean) => (await ctl(args, own)).err.split("\n")[0];
    expect(await first(["get", "--endpoint", "x"], true)).toBe(
      "Error: unknown flag: --endpoint; did you mean --endpoints?",
    );
    expect(await first(["get", "--endpoint", "x"], false)).toBe("Error: unknown flag: --endpoint");
    expect((await ctl(["lease", "grnat", "5"], true)).err).toContain(
      'unknown command "grnat" for "quorate ctl lease"\n\nDid you mean this?\n\tgrant\n',
    );
    expect(await ctl(["lease", "grnat", "5"], false)).toMatchObject({ code: 0, err: "" });
    expect((await ctl(["help", "get"], true)).out).toContain("Usage:\n  quorate ctl get [options] <key>");
  });

  it("tells a member's flag that does not exist with the nearest", () => {
    expect(briefly({ message: "flag provided but not defined: -nmae", unknownFlag: "nmae" })).toBe(
      "quorate: unknown flag: --nmae; did you mean --name?\nRun 'quorate start --help' for all flags.\n",
    );
    expect(briefly({ message: "flag provided but not defined: -hlep", unknownFlag: "hlep" })).toContain("--help?");
    expect(briefly({ message: "flag needs an argument: -name", unknownFlag: undefined })).toBe(
      "quorate: flag needs an argument: -name\nRun 'quorate start --help' for all flags.\n",
    );
  });

  it("hands what others do to them", async () => {
    ran.length = 0;
    await run("ctl");
    await run("utl");
    await run("start", "--name", "x");
    expect(ran).toEqual(["ctl below", "utl below", "server quorate"]);
  });
});

describe("completion", () => {
  it("knows a flag that takes a value in one command and none in another", () => {
    const entries = completionEntries(program(etcdctlTree("etcdctl")));
    const script = completionScript("bash", "etcdctl", entries);
    expect(/^__etcdctl_valued=" (.*) "$/m.exec(script)![1]!.split(" ")).toContain("--endpoints");
    expect(/^__etcdctl_valued=" (.*) "$/m.exec(script)![1]!.split(" ")).not.toContain("--prefix");
    expect(script).toContain(
      '__etcdctl_valued_here="|check datascale --prefix|check perf --prefix|make-mirror --prefix|',
    );
  });

  it("covers the commands of all three programs", async () => {
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      const { out, code } = await run("completion", shell);
      expect(code).toBe(0);
      for (const word of ["grpc-proxy", "ctl lease", "utl snapshot", "--listen-client-urls", "--base-port"]) {
        if (shell === "fish") expect(out).toContain(word.replace(/^--/, "-l "));
        else expect(out).toContain(word);
      }
      // Nobody would complete what is reached by other words.
      expect(out).not.toContain("ctl completion");
    }
  });

  it("quotes descriptions for fish", () => {
    const entries: CompletionEntry[] = [
      {
        path: "",
        commands: [{ name: "a", about: "it's \\ here" }],
        flags: [{ name: "f", valued: true, about: "x'y" }],
      },
    ];
    const script = completionScript("fish", "prog", entries);
    expect(script).toContain("-a a -d 'it\\'s \\\\ here'");
    expect(script).toContain("-l f -r -d 'x\\'y'");
  });
});

describe("quorate install-etcd-names", () => {
  const dir = mkdtempSync(join(tmpdir(), "quorate-names-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  it("hands its flags on, and ends with what came of it", async () => {
    expect((await run("install-etcd-names")).err).toContain("takes one directory, not 0");
    writeFileSync(join(dir, "etcdctl"), "mine");
    expect(await run("install-etcd-names", dir)).toMatchObject({ code: 1, out: "" });
    expect((await run("install-etcd-names", "--force", dir)).code).toBe(0);
    expect((await run("install-etcd-names", "--remove", dir)).code).toBe(0);
    expect(existsSync(join(dir, "etcdctl"))).toBe(false);
  });
});
