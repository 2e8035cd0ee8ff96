import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { helpText, type Loaded, load, options, optionsMarkdown, variableOf } from "./index.ts";

interface Given {
  args?: string[];
  env?: Record<string, string>;
  /** Text of a configuration file; `--config-file` is put in front of the arguments. */
  file?: string;
  defaultHost?: string;
}

function run({ args = [], env = {}, file, defaultHost }: Given): Loaded {
  return load({
    args: file === undefined ? args : [...args, "--config-file", "/etc/etcd.yml"],
    env,
    readFile: (path) => {
      if (path === "/etc/etcd.yml" && file !== undefined) return file;
      const code = path === "/secret" ? "EACCES" : "ENOENT";
      throw Object.assign(new Error(`${code}: ${path}`), { code, syscall: "open", path });
    },
    defaultHost,
    build: { gitSha: "0123456", runtime: "v20.19.0", platform: "linux/x64" },
  });
}

function started(given: Given) {
  const loaded = run(given);
  if (loaded.kind !== "start") throw new Error(`not started: ${JSON.stringify(loaded)}`);
  return loaded;
}

const config = (given: Given) => started(given).config;

/** One line of what a person sees, and the exit code. */
function outcome(given: Given): { code: number; says: string } {
  const loaded = run(given);
  if (loaded.kind === "start") return { code: -1, says: "starts" };
  if (loaded.kind === "exit") return { code: loaded.code, says: loaded.stderr.split("\n")[0]! };
  const last = loaded.notices.filter(({ message }) => message === "failed to verify flags").at(-1);
  return { code: 1, says: last === undefined ? loaded.notices.at(-1)!.message : String(last.fields?.error) };
}

describe("what etcd 3.7.1 refuses", () => {
  /** Recorded: each input was given to the real one. */
  const recorded = readFileSync(new URL("testdata/refused-by-etcd-3.7.1.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Given & { code: number; says: string });

  /** Where we say the same thing in other words, on purpose. */
  const ours: Readonly<Record<string, string>> = {
    // etcd panics with a stack here; the flag's name helps more.
    'panic: unrecognized level: "foo"': 'panic: unrecognized level: "foo" (--log-level)',
    // Words of the YAML library.
    "error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'":
      "error converting YAML to JSON: yaml: line 1: Flow sequence in block collection must be sufficiently indented and end with a ]",
    // Words of Go's address parser.
    'invalid value "http://[::zz]:1" for flag -listen-client-urls: parse "http://[::zz]:1": invalid host: ParseAddr("::zz"): each colon-separated field must have at least one digit (at "zz")':
      'invalid value "http://[::zz]:1" for flag -listen-client-urls: parse "http://[::zz]:1": invalid host: ParseAddr("::zz"): unable to parse IP',
  };

  it(`is refused with the same words and exit code (${recorded.length} inputs)`, () => {
    const differing = recorded
      .map(({ code, says, ...given }) => ({ given, etcd: { code, says: ours[says] ?? says }, quorate: outcome(given) }))
      .filter(({ etcd, quorate }) => etcd.code !== quorate.code || etcd.says !== quorate.says);
    expect(differing).toEqual([]);
  });
});

describe("flags", () => {
  it("take one dash or two, a value behind = or as the next word; booleans stand alone", () => {
    const { name, preVote, enablePprof, maxWals, electionTimeoutMs } = config({
      args: ["-name", "a", "--pre-vote=false", "-enable-pprof", "--max-wals=0x10", "--election-timeout", "2000"],
    });
    expect({ name, preVote, enablePprof, maxWals, electionTimeoutMs }).toEqual({
      name: "a",
      preVote: false,
      enablePprof: true,
      maxWals: 16,
      electionTimeoutMs: 2000,
    });
  });

  it("have etcd's defaults", () => {
    const found = config({});
    expect(found).toMatchObject({
      name: "default",
      dataDir: "default.etcd",
      listenClientUrls: ["http://localhost:2379"],
      advertiseClientUrls: ["http://localhost:2379"],
      initialCluster: "default=http://localhost:2380",
      snapshotCount: 10_000,
      maxConcurrentStreams: 4_294_967_295,
      grpcKeepaliveIntervalMs: 7_200_000,
      cors: ["*"],
      hostWhitelist: ["*"],
      logOutputs: ["default"],
      compactHashCheckTimeMs: 60_000,
    });
    expect(found.features.FastLeaseKeepAlive).toBe(true);
  });

  it("keep URLs sorted and once, lists as given or sorted", () => {
    const found = config({
      args: [
        "--listen-client-urls= http://127.0.0.1:3 ,http://127.0.0.1:1,http://127.0.0.1:3",
        "--advertise-client-urls=http://b:1,http://a:1",
        "--host-whitelist=b,a,b",
        "--cipher-suites=TLS_B,TLS_A",
        "--log-outputs=stdout,/tmp/x",
        "--listen-metrics-urls=unix:///tmp/s",
      ],
    });
    expect(found.listenClientUrls).toEqual(["http://127.0.0.1:1", "http://127.0.0.1:3"]);
    expect(found.advertiseClientUrls).toEqual(["http://a:1", "http://b:1"]);
    expect(found.hostWhitelist).toEqual(["a", "b"]);
    expect(found.cipherSuites).toEqual(["TLS_B", "TLS_A"]);
    expect(found.logOutputs).toEqual(["/tmp/x", "stdout"]);
    expect(found.listenMetricsUrls).toEqual(["unix:///tmp/s"]);
  });

  it("of long ago are taken and mean nothing; removed ones are refused", () => {
    expect(outcome({ args: ["--v", "--snapshot=7", "--test.coverprofile=x"] }).says).toBe("starts");
    for (const flag of ["--enable-v2", "--proxy=on", "--discovery-proxy=x", "--experimental-corrupt-check-time=1s"]) {
      expect(outcome({ args: [flag] })).toEqual({
        code: 2,
        says: `flag provided but not defined: -${flag.slice(2).split("=")[0]}`,
      });
    }
  });

  it("print help and version", () => {
    for (const flag of ["-h", "--help"]) {
      const help = run({ args: [flag] });
      expect(help).toMatchObject({ kind: "exit", code: 0 });
      if (help.kind === "exit") for (const { flag: name } of options) expect(help.stdout).toContain(`  --${name} '`);
    }
    expect(run({ args: ["--version"] })).toEqual({
      kind: "exit",
      about: "version",
      code: 0,
      stdout: "etcd Version: 3.7.1\nGit SHA: 0123456\nGo Version: v20.19.0\nGo OS/Arch: linux/x64\n",
      stderr: "",
    });
    expect(helpText()).toContain("LeaseCheckpoint=true|false (ALPHA - default=false)");
  });
});

describe("the environment", () => {
  it("fills in what no flag gave", () => {
    const { config: found, notices } = started({
      args: ["--name=a"],
      env: { ETCD_MAX_WALS: "7", ETCD_PRE_VOTE: "false", ETCD_DATA_DIR: "", PATH: "/bin", ETCD_NOSUCH: "1" },
    });
    expect([found.maxWals, found.preVote, found.dataDir]).toEqual([7, false, "a.etcd"]);
    const messages = notices.map(({ message, fields }) => [message, ...Object.values(fields ?? {})]);
    expect(messages).toContainEqual(["recognized and used environment variable", "ETCD_MAX_WALS", "7"]);
    expect(messages).toContainEqual(["unrecognized environment variable", "ETCD_NOSUCH=1"]);
  });

  it("beside the flag of the same name is fatal, even when equal", () => {
    const loaded = run({ args: ["--name=a"], env: { ETCD_NAME: "a" } });
    expect(loaded).toMatchObject({ kind: "refused" });
    if (loaded.kind === "refused") {
      expect(loaded.notices.at(-1)).toMatchObject({ level: "fatal", fields: { "environment-variable": "ETCD_NAME" } });
    }
  });

  it("counts as given where rules ask that", () => {
    expect(outcome({ env: { ETCD_LISTEN_CLIENT_URLS: "http://127.0.0.1:1" } }).says).toContain(
      "--advertise-client-urls is required",
    );
  });

  it("may name the file, and is then ignored but for that", () => {
    const found = load({
      args: ["--name=flag"],
      env: { ETCD_CONFIG_FILE: "/f.yml", ETCD_NAME: "env", ETCD_MAX_WALS: "nonsense" },
      readFile: () => "name: file",
      build: { gitSha: "", runtime: "", platform: "" },
    });
    expect(found).toMatchObject({ kind: "start", config: { name: "file", maxWals: 5 } });
  });
});

describe("the file", () => {
  it("has the flags' names, nanoseconds, nested blocks, YAML 1.1, and ignores what it does not know", () => {
    const found = config({
      file: [
        "name: m1",
        "data-dir: /var/lib/etcd",
        "listen-client-urls: http://127.0.0.1:2,http://127.0.0.1:1",
        "grpc-keepalive-min-time: 10000000000",
        "heartbeat-interval: 200",
        "election-timeout: 2000",
        "pre-vote: off",
        "snapshot-count: 1e3",
        "Max-Wals: 0x10",
        'auto-compaction-retention: "1h"',
        "log-outputs: [stdout, /x]",
        "feature-gates: LeaseCheckpoint=true,LeaseCheckpointPersist=true",
        "cors: '*'",
        "host-whitelist: b,a",
        "wal-dir:",
        "no-such-key: {a: 1}",
        "client-transport-security:",
        "  cert-file: c.pem",
        "  client-cert-auth: true",
        "peer-transport-security:",
        "  allowed-cn: [x, z]",
        "  skip-client-san-verification: true",
        "discovery-config:",
        "  token: ''",
        "  client:",
        "    dial-timeout: 3000000000",
        "socket-options: {reuse-port: true}",
      ].join("\n"),
    });
    expect(found).toMatchObject({
      name: "m1",
      dataDir: "/var/lib/etcd",
      walDir: "",
      listenClientUrls: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
      advertiseClientUrls: ["http://localhost:2379"],
      grpcKeepaliveMinTimeMs: 10_000,
      heartbeatIntervalMs: 200,
      preVote: false,
      snapshotCount: 1000,
      maxWals: 16,
      autoCompactionRetention: "1h",
      logOutputs: ["stdout", "/x"],
      cors: ["*"],
      hostWhitelist: ["a", "b"],
      certFile: "c.pem",
      clientCertAuth: true,
      peerCertAllowedCns: ["x", "z"],
      peerSkipClientSanVerification: true,
      discoveryDialTimeoutMs: 3000,
      socketReusePort: true,
      initialCluster: "m1=http://localhost:2380",
    });
    expect(found.features.LeaseCheckpointPersist).toBe(true);
  });

  it("that is empty means the defaults; one that cannot be read is named", () => {
    expect(config({ file: "" }).name).toBe("default");
    expect(outcome({ args: ["--config-file=/secret"] }).says).toBe("open /secret: permission denied");
  });

  it("is the only source: flags and variables beside it do nothing", () => {
    expect(
      config({ args: ["--name=x", "--max-wals=9"], env: { ETCD_MAX_SNAPSHOTS: "1" }, file: "name: z" }),
    ).toMatchObject({
      name: "z",
      maxWals: 5,
      maxSnapshots: 5,
    });
  });

  it("with aliases that multiply is refused", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefg".split("").map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcdef"[i]}`).join()}]`),
    ];
    expect(outcome({ file: bomb.join("\n") })).toMatchObject({ code: 1 });
  });
});

describe("what depends on other settings", () => {
  it("the default cluster takes the member's name and peer URLs", () => {
    expect(config({ args: ["--name=x"] }).initialCluster).toBe("x=http://localhost:2380");
    expect(config({ args: ["--name=x", "--initial-advertise-peer-urls=http://b:1,http://a:1"] }).initialCluster).toBe(
      "x=http://a:1,x=http://b:1",
    );
    expect(config({ args: ["--discovery-srv=example.com"] }).initialCluster).toBe("");
  });

  it("a listener on 0.0.0.0 advertises the machine's address, when it is known", () => {
    const args = ["--listen-peer-urls=http://0.0.0.0:2380", "--name=x"];
    const { config: found, notices } = started({ args, defaultHost: "10.0.0.7" });
    expect(found.initialAdvertisePeerUrls).toEqual(["http://10.0.0.7:2380"]);
    expect(found.initialCluster).toBe("x=http://10.0.0.7:2380");
    expect(notices).toContainEqual({
      level: "info",
      message: "detected default host for advertise",
      fields: { host: "10.0.0.7" },
    });
    expect(config({ args }).initialAdvertisePeerUrls).toEqual(["http://localhost:2380"]);
  });

  it("peer timeouts are at least five seconds", () => {
    const { config: found, notices } = started({ args: ["--raft-read-timeout=1s"] });
    expect(found.raftReadTimeoutMs).toBe(5000);
    expect(notices).toContainEqual({ level: "info", message: "raft-read-timeout increased to minimum value: 5s" });
  });
});

describe("anything at all", () => {
  const flag = fc.constantFrom(...options.map((option) => option.flag));
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("-1", "0", "1s", "true", "http://127.0.0.1:1", "a=b", "{}", "*", "~"),
  );
  const file = fc.oneof(
    fc.string(),
    fc
      .array(fc.tuple(flag, word), { maxLength: 5 })
      .map((pairs) => pairs.map(([key, value]) => `${key}: ${value}`).join("\n")),
    fc
      .dictionary(fc.oneof(flag, fc.constantFrom("discovery-config", "socket-options")), fc.jsonValue())
      .map((value) => JSON.stringify(value)),
  );

  it("on the command line or in a file starts, or is refused in one line", () => {
    const check = (given: Given): void => {
      const loaded = run(given);
      if (loaded.kind === "refused") expect(loaded.error).not.toBe("");
      if (loaded.kind === "exit" && loaded.code !== 0) expect(loaded.stderr).not.toBe("");
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(flag, word), { maxLength: 4 }), (pairs) => {
        check({ args: pairs.map(([name, value]) => `--${name}=${value}`) });
        check({ env: Object.fromEntries(pairs.map(([name, value]) => [variableOf(name), value])) });
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.array(fc.string()), (args) => check({ args })));
    fc.assert(
      fc.property(file, (text) => check({ file: text })),
      { numRuns: 500 },
    );
  });
});

describe("the table", () => {
  it("has each flag, key and variable once, and a line of documentation for each", () => {
    const flags = options.map(({ flag }) => flag);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(options.map(({ key }) => key)).size).toBe(flags.length);
    expect(variableOf("max-wals")).toBe("ETCD_MAX_WALS");
    const table = optionsMarkdown();
    for (const flag of flags) expect(table).toContain(`\`--${flag}\``);
  });
});
