import { describe, expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger, utf8, utf8String } from "../../base/index.ts";
import type { BucketName, Store } from "../../storage/store/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { auth, rpc } from "../../wire/proto/index.ts";
import { type AnyCommand, type AuthOptions, AuthStore, type PasswordHasher, type Principal } from "./index.ts";

const { READ, WRITE, READWRITE } = auth.PermissionType;

/** A hasher that hides nothing and costs nothing. */
const hasher: PasswordHasher = {
  hash: async (password, cost) => `$2a$${cost}$${password}`,
  hashSync: (password, cost) => `$2a$${cost}$${password}`,
  compare: async (password, hash) => hash.endsWith(`$${password}`),
};

const header = rpc.createResponseHeader({ revision: 7 });
const noLeases = { lookup: () => undefined };

interface Bench {
  readonly time: ManualTime;
  readonly store: Store;
  readonly auth: AuthStore;
  /** Applies a request at once, as root's entry in the log. */
  run(kind: AnyCommand["kind"], value?: object): unknown;
}

function bench(store: Store = openMemoryStore(), changes: Partial<AuthOptions> = {}): Bench {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  const room = new AuthStore(store, { hasher, bcryptCost: 10, tokenTtlSeconds: 300, ...changes }, env);
  const run = (kind: AnyCommand["kind"], value: object = {}) =>
    room.apply({ kind, value } as unknown as AnyCommand, header, 86);
  return { time, store, auth: room, run };
}

/** base64 of a hash, as the receiving member puts it into the entry. */
function hashed(password: string): string {
  return Buffer.from(`$2a$10$${password}`).toString("base64");
}

function user(run: Bench["run"], name: string, ...roles: string[]): void {
  run("authUserAdd", rpc.createAuthUserAddRequest({ name, hashedPassword: hashed(name) }));
  for (const role of roles) run("authUserGrantRole", { user: name, role });
}

function role(run: Bench["run"], name: string, ...perms: [auth.PermissionType, string, string][]): void {
  run("authRoleAdd", { name });
  for (const [permType, key, rangeEnd] of perms) {
    run("authRoleGrantPermission", { name, perm: { permType, key: utf8(key), rangeEnd: utf8(rangeEnd) } });
  }
}

function enabled(...args: Parameters<typeof bench>): Bench {
  const made = bench(...args);
  user(made.run, "root", "root");
  made.run("authEnable");
  return made;
}

function as(room: AuthStore, username: string): Principal {
  return { username, authRevision: room.revision };
}

function row(store: Store, bucket: BucketName, key: string): string | undefined {
  const value = store.get(bucket, utf8(key));
  return value === undefined ? undefined : Buffer.from(value).toString("hex");
}

describe("rows", () => {
  it("are those of etcd after the same commands", () => {
    const { store, run, auth: room } = bench();
    expect(row(store, "auth", "authRevision")).toBe("0000000000000001");
    user(run, "root");
    user(run, "al");
    run("authUserAdd", { name: "np", password: "", hashedPassword: "", options: { noPassword: true } });
    role(run, "r1", [READWRITE, "a", "c"], [READ, "foo", "fop"], [WRITE, "k", ""]);
    role(run, "r2", [READ, "z", "\0"], [READ, "a", "b"]);
    run("authUserGrantRole", { user: "al", role: "r2" });
    run("authUserGrantRole", { user: "al", role: "r1" });
    run("authUserGrantRole", { user: "root", role: "root" });
    run("authRoleAdd", { name: "root" });
    run("authEnable");
    // Recorded from etcd 3.7.1, but for the passwords; revision 15 as `etcdctl auth status` said there.
    expect(room.revision).toBe(15);
    expect(row(store, "authRoles", "r1")).toBe("0a027231120808021201611a0163120a1203666f6f1a03666f701205080112016b");
    expect(row(store, "authRoles", "r2")).toBe("0a02723212061201611a0162120612017a1a0100");
    expect(row(store, "authRoles", "root")).toBe("0a04726f6f74");
    expect(row(store, "authUsers", "np")).toBe("0a026e7022020801");
    const al = auth.encodeUser({
      name: utf8("al"),
      password: utf8("$2a$10$al"),
      roles: ["r1", "r2"],
      options: undefined,
    });
    expect(row(store, "authUsers", "al")).toBe(`${Buffer.from(al).toString("hex")}2200`);
    expect(row(store, "auth", "authEnabled")).toBe("01");
    run("authUserChangePassword", { name: "np", password: "", hashedPassword: hashed("newpw") });
    expect(row(store, "authUsers", "np")).toBe("0a026e7022020801");
    run("authDisable");
    expect(row(store, "auth", "authEnabled")).toBe("00");
    expect(row(store, "auth", "authRevision")).toBe("0000000000000011");
  });

  it("come back after a restart", () => {
    const first = enabled();
    role(first.run, "r", [READ, "a", ""]);
    user(first.run, "u", "r");
    const second = bench(first.store);
    expect([second.auth.enabled, second.auth.revision]).toEqual([true, first.auth.revision]);
    expect(() => second.auth.checkRead(as(second.auth, "u"), "a", "")).not.toThrow();
    expect(() => second.auth.checkRead(as(second.auth, "u"), "b", "")).toThrow("permission denied");
  });
});

describe("requests", () => {
  it("answer with header and content", () => {
    const { run } = enabled();
    role(run, "r", [READ, "a", ""]);
    user(run, "u", "r");
    user(run, "\u{1f600}");
    user(run, "\uffee");
    expect(run("authStatus")).toEqual({ header, enabled: true, authRevision: 9 });
    expect(run("authUserGet", { name: "u" })).toEqual({ header, roles: ["r"] });
    // In the order of their bytes, where U+FFEE comes first; as JavaScript strings they would be the other way round.
    expect(run("authUserList")).toEqual({ header, users: ["root", "u", "\uffee", "\u{1f600}"] });
    expect(run("authRoleList")).toEqual({ header, roles: ["r"] });
    expect(run("authRoleGet", { role: "r" })).toMatchObject({ perm: [{ permType: READ }] });
    run("authRoleAdd", { name: "root" });
    expect(run("authRoleGet", { role: "root" })).toEqual({
      header,
      perm: [{ permType: READWRITE, key: new Uint8Array(0), rangeEnd: new Uint8Array(1) }],
    });
    expect(run("put")).toBeUndefined();
  });

  it.each<[string, AnyCommand["kind"], object]>([
    ["etcdserver: user name is empty", "authUserAdd", { name: "", password: "", hashedPassword: "" }],
    ["etcdserver: user name already exists", "authUserAdd", { name: "u", password: "", hashedPassword: hashed("x") }],
    [
      "auth: authentication failed, password was given for no password user",
      "authUserAdd",
      { name: "new", password: "", hashedPassword: "not base64" },
    ],
    ["etcdserver: user name not found", "authUserGet", { name: "x" }],
    ["etcdserver: user name not found", "authUserDelete", { name: "x" }],
    ["etcdserver: invalid auth management", "authUserDelete", { name: "root" }],
    ["etcdserver: user name not found", "authUserChangePassword", { name: "x", password: "", hashedPassword: "" }],
    ["etcdserver: user name not found", "authUserGrantRole", { user: "x", role: "r" }],
    ["etcdserver: role name not found", "authUserGrantRole", { user: "u", role: "x" }],
    ["etcdserver: role is not granted to the user", "authUserRevokeRole", { name: "u", role: "x" }],
    ["etcdserver: user name not found", "authUserRevokeRole", { name: "x", role: "r" }],
    ["etcdserver: invalid auth management", "authUserRevokeRole", { name: "root", role: "root" }],
    ["etcdserver: role name is empty", "authRoleAdd", { name: "" }],
    ["etcdserver: role name already exists", "authRoleAdd", { name: "r" }],
    ["etcdserver: role name not found", "authRoleGet", { role: "x" }],
    ["etcdserver: role name not found", "authRoleDelete", { role: "x" }],
    ["etcdserver: invalid auth management", "authRoleDelete", { role: "root" }],
    ["etcdserver: permission not given", "authRoleGrantPermission", { name: "r", perm: undefined }],
    [
      "etcdserver: invalid auth management",
      "authRoleGrantPermission",
      { name: "r", perm: { permType: READ, key: utf8("b"), rangeEnd: utf8("a") } },
    ],
    [
      "etcdserver: role name not found",
      "authRoleGrantPermission",
      { name: "x", perm: { permType: READ, key: utf8("b"), rangeEnd: utf8("") } },
    ],
    [
      "etcdserver: permission is not granted to the role",
      "authRoleRevokePermission",
      { role: "r", key: utf8("a"), rangeEnd: utf8("b") },
    ],
    ["etcdserver: role name not found", "authRoleRevokePermission", { role: "x", key: utf8("a"), rangeEnd: utf8("b") }],
    [
      "etcdserver: authentication failed, invalid user ID or password",
      "authenticate",
      { name: "x", password: "", simpleToken: "abc" },
    ],
  ])("are refused: %s (%s)", (text, kind, value) => {
    const { run, auth: room } = enabled();
    role(run, "r", [READ, "a", ""]);
    user(run, "u", "r");
    const before = room.revision;
    expect(() => run(kind, value)).toThrow(text);
    expect(room.revision).toBe(before);
  });

  it("enabling needs root with the role root", () => {
    const { run, auth: room } = bench();
    expect(() => run("authEnable")).toThrow("root user does not exist");
    user(run, "root");
    expect(() => run("authEnable")).toThrow("root user does not have root role");
    expect(() => run("authenticate", { name: "root", password: "", simpleToken: "a" })).toThrow(
      "authentication is not enabled",
    );
    run("authUserGrantRole", { user: "root", role: "root" });
    const before = room.revision;
    run("authEnable");
    run("authEnable");
    expect([room.enabled, room.revision]).toEqual([true, before]);
  });

  it("granting twice changes nothing, deleting a role takes it from its users", () => {
    const { run, auth: room } = enabled();
    role(run, "r", [READ, "a", ""]);
    user(run, "u", "r");
    const before = room.revision;
    run("authUserGrantRole", { user: "u", role: "r" });
    expect(room.revision).toBe(before);
    run("authRoleDelete", { role: "r" });
    expect(run("authUserGet", { name: "u" })).toEqual({ header, roles: [] });
    expect(room.revision).toBe(before + 1);
  });

  it("granting the same range again changes its kind", () => {
    const { run } = enabled();
    role(run, "r", [READ, "a", "c"], [WRITE, "a", "c"]);
    expect(run("authRoleGet", { role: "r" })).toMatchObject({ perm: [{ permType: WRITE }] });
  });

  it("of an old log may hold a bare password", () => {
    const { run, store } = enabled();
    run("authUserAdd", { name: "old", password: "pw", hashedPassword: "", options: undefined });
    const stored = auth.decodeUser(store.get("authUsers", utf8("old"))!);
    expect(utf8String(stored.password)).toBe("$2a$10$pw");
  });
});

describe("passwords", () => {
  it("are hashed before they travel", async () => {
    const { auth: room } = bench(undefined, { bcryptCost: 99 });
    const add = await room.prepareUserAdd(rpc.createAuthUserAddRequest({ name: "u", password: "pw" }));
    expect(add).toMatchObject({ password: "", hashedPassword: hashed("pw") });
    const change = rpc.createAuthUserChangePasswordRequest({ name: "u", password: "pw" });
    expect(await room.prepareUserChangePassword(change)).toMatchObject({ password: "", hashedPassword: hashed("pw") });
    const options = { noPassword: true };
    const bare = rpc.createAuthUserAddRequest({ name: "u", options });
    expect(await room.prepareUserAdd(bare)).toBe(bare);
    await expect(
      room.prepareUserAdd(rpc.createAuthUserAddRequest({ name: "u", password: "\u00e4".repeat(37) })),
    ).rejects.toThrow("bcrypt: password length exceeds 72 bytes");
  });

  it("are checked at a revision", async () => {
    const { auth: room, run } = enabled();
    user(run, "u");
    run("authUserAdd", { name: "np", password: "", hashedPassword: "", options: { noPassword: true } });
    expect(await room.checkPassword("u", "u")).toBe(room.revision);
    await expect(room.checkPassword("u", "x")).rejects.toThrow("invalid user ID or password");
    await expect(room.checkPassword("who", "x")).rejects.toThrow("invalid user ID or password");
    await expect(room.checkPassword("np", "")).rejects.toThrow("password was given for no password user");
    run("authDisable");
    await expect(room.checkPassword("u", "u")).rejects.toThrow("authentication is not enabled");
  });
});

describe("tokens", () => {
  const authenticate = (made: Bench, name: string): string => {
    const simpleToken = made.auth.tokenPrefix();
    return (made.run("authenticate", { name, password: "", simpleToken }) as rpc.AuthenticateResponse).token;
  };

  it("are sixteen letters and the index before their entry", () => {
    const made = enabled();
    const token = authenticate(made, "root");
    expect(token).toMatch(/^[a-zA-Z]{16}\.85$/);
    expect(made.auth.principal(token)).toEqual({ username: "root", authRevision: made.auth.revision });
    expect(made.auth.principal(`Bearer ${token}`)).toEqual({ username: "root", authRevision: made.auth.revision });
    expect(made.auth.principal(undefined)).toBeUndefined();
    for (const wrong of ["", "x", "x.y", `${token}1`, "abc.1.2"]) {
      expect(() => made.auth.principal(wrong)).toThrow("invalid auth token");
    }
  });

  it("die of disuse, not of use", () => {
    const made = enabled();
    user(made.run, "u");
    const used = authenticate(made, "root");
    const unused = authenticate(made, "u");
    made.time.advance(200_000);
    made.auth.principal(used);
    made.time.advance(100_000);
    expect(made.auth.principal(unused)).toMatchObject({ username: "u" });
    made.time.advance(300_001);
    expect(() => made.auth.principal(used)).toThrow("invalid auth token");
    expect(() => made.auth.principal(unused)).toThrow("invalid auth token");
  });

  it("end with a new password, with their user, and with authentication", () => {
    const made = enabled();
    user(made.run, "u");
    user(made.run, "w");
    const ofU = authenticate(made, "u");
    const ofW = authenticate(made, "w");
    const ofRoot = authenticate(made, "root");
    made.run("authUserChangePassword", { name: "u", password: "", hashedPassword: hashed("x") });
    expect(() => made.auth.principal(ofU)).toThrow("invalid auth token");
    made.run("authUserDelete", { name: "w" });
    expect(() => made.auth.principal(ofW)).toThrow("invalid auth token");
    made.run("authDisable");
    expect(made.auth.principal(ofRoot)).toBeUndefined();
    made.run("authEnable");
    expect(() => made.auth.principal(ofRoot)).toThrow("invalid auth token");
  });

  it("made elsewhere are waited for", async () => {
    let applied: () => void = () => {};
    const asked: number[] = [];
    const made = enabled(undefined, {
      waitApplied: (index) => {
        asked.push(index);
        return index > 50
          ? new Promise((resolve) => {
              applied = resolve;
            })
          : undefined;
      },
    });
    expect(() => made.auth.principal("abc.7")).toThrow("invalid auth token");
    const waiting = made.auth.principal("abc.85");
    made.run("authenticate", { name: "root", password: "", simpleToken: "abc" });
    applied();
    expect(await waiting).toMatchObject({ username: "root" });
    expect(asked).toEqual([7, 85]);
  });

  it("need none for certificates, and for the member itself", () => {
    const { auth: room, run } = enabled();
    expect(room.principalOfCommonName("cn")).toEqual({ username: "cn", authRevision: room.revision });
    expect(room.rootPrincipal()).toEqual({ username: "root", authRevision: room.revision });
    run("authDisable");
    expect([room.principalOfCommonName("cn"), room.rootPrincipal()]).toEqual([undefined, undefined]);
  });
});

describe("permission", () => {
  const setup = () => {
    const made = enabled();
    role(made.run, "reader", [READ, "a", "m"]);
    role(made.run, "writer", [WRITE, "a", "m"], [WRITE, "w", ""]);
    user(made.run, "rw", "reader", "writer");
    user(made.run, "r", "reader");
    user(made.run, "w", "writer");
    const leases = {
      lookup: (id: bigint) => (id === 1n ? { keys: () => ["b", "w"] } : id === 2n ? { keys: () => ["z"] } : undefined),
    };
    const ask = (username: string, kind: AnyCommand["kind"], value: object = {}): string => {
      const command = { kind, value } as unknown as AnyCommand;
      try {
        made.auth.checkCommand({ command, ...as(made.auth, username) }, leases);
        return "allowed";
      } catch (error) {
        return (error as { key: string }).key;
      }
    };
    return { ...made, ask };
  };
  const put = (key: string, changes: Partial<rpc.PutRequest> = {}) =>
    rpc.createPutRequest({ key: utf8(key), ...changes });
  const range = (key: string, rangeEnd = "") => rpc.createRangeRequest({ key: utf8(key), rangeEnd: utf8(rangeEnd) });
  const del = (key: string, rangeEnd = "", prevKv = false) =>
    rpc.createDeleteRangeRequest({ key: utf8(key), rangeEnd: utf8(rangeEnd), prevKv });

  it("of puts, with former values and leases", () => {
    const { ask } = setup();
    expect(ask("w", "put", put("b"))).toBe("allowed");
    expect(ask("w", "put", put("z"))).toBe("PermissionDenied");
    expect(ask("r", "put", put("b"))).toBe("PermissionDenied");
    expect(ask("w", "put", put("b", { prevKv: true }))).toBe("PermissionDenied");
    expect(ask("rw", "put", put("b", { prevKv: true }))).toBe("allowed");
    // Whoever hangs a key on a lease decides over the other keys on it.
    expect(ask("w", "put", put("b", { lease: 1n }))).toBe("allowed");
    expect(ask("w", "put", put("b", { lease: 2n }))).toBe("PermissionDenied");
    expect(ask("w", "put", put("b", { lease: 3n }))).toBe("allowed");
    expect(ask("root", "put", put("zzz", { lease: 2n, prevKv: true }))).toBe("allowed");
    expect(ask("nobody", "put", put("b"))).toBe("PermissionDenied");
  });

  it("of ranges and deletes", () => {
    const { ask } = setup();
    expect(ask("r", "range", range("a", "m"))).toBe("allowed");
    expect(ask("r", "range", range("a", "n"))).toBe("PermissionDenied");
    expect(ask("r", "range", range("a", "\0"))).toBe("PermissionDenied");
    expect(ask("w", "range", range("a"))).toBe("PermissionDenied");
    expect(ask("w", "deleteRange", del("a", "m"))).toBe("allowed");
    expect(ask("w", "deleteRange", del("a", "m", true))).toBe("PermissionDenied");
    expect(ask("rw", "deleteRange", del("a", "m", true))).toBe("allowed");
    expect(ask("r", "deleteRange", del("a"))).toBe("PermissionDenied");
  });

  it("of transactions, in every corner", () => {
    const { ask } = setup();
    const op = (request: rpc.RequestOp["request"]): rpc.RequestOp => ({ request });
    const txn = (changes: Partial<rpc.TxnRequest>) => rpc.createTxnRequest(changes);
    const putB = op({ case: "requestPut", value: put("b") });
    const getZ = op({ case: "requestRange", value: range("z") });
    const nested = op({ case: "requestTxn", value: txn({ failure: [getZ] }) });
    const compareZ = rpc.createCompare({ key: utf8("z") });
    const compareB = rpc.createCompare({ key: utf8("b"), rangeEnd: utf8("d") });
    expect(ask("rw", "txn", txn({ compare: [compareB], success: [putB], failure: [putB] }))).toBe("allowed");
    expect(ask("rw", "txn", txn({ compare: [compareZ], success: [putB] }))).toBe("PermissionDenied");
    expect(ask("rw", "txn", txn({ success: [putB], failure: [getZ] }))).toBe("PermissionDenied");
    expect(ask("rw", "txn", txn({ success: [nested] }))).toBe("PermissionDenied");
    expect(ask("root", "txn", txn({ compare: [compareZ], success: [nested] }))).toBe("allowed");
    const deletes = op({ case: "requestDeleteRange", value: del("a", "", true) });
    expect(ask("w", "txn", txn({ success: [deletes] }))).toBe("PermissionDenied");
    expect(ask("w", "txn", txn({ compare: [compareB] }))).toBe("PermissionDenied");
  });

  it("of leases", () => {
    const { ask, auth: room } = setup();
    expect(ask("w", "leaseRevoke", { ID: 1n })).toBe("allowed");
    expect(ask("w", "leaseRevoke", { ID: 2n })).toBe("PermissionDenied");
    expect(ask("r", "leaseRevoke", { ID: 9n })).toBe("allowed");
    expect(ask("r", "leaseGrant", { ID: 9n, TTL: 9 })).toBe("allowed");
    const lookup = () => ({ keys: () => ["b"] });
    expect(() => room.checkLeaseRead(as(room, "r"), 1n, { lookup })).not.toThrow();
    expect(() => room.checkLeaseRead(as(room, "w"), 1n, { lookup })).toThrow("permission denied");
    expect(() => room.checkLeaseRead(undefined, 1n, { lookup })).toThrow("user name is empty");
  });

  it("of auth's own requests", () => {
    const { ask } = setup();
    const rootOnly: AnyCommand["kind"][] = [
      "authEnable",
      "authDisable",
      "authUserAdd",
      "authUserDelete",
      "authUserChangePassword",
      "authUserGrantRole",
      "authUserRevokeRole",
      "authUserList",
      "authRoleAdd",
      "authRoleGrantPermission",
      "authRoleRevokePermission",
      "authRoleDelete",
      "authRoleList",
    ];
    for (const kind of rootOnly) {
      expect([kind, ask("r", kind), ask("root", kind), ask("", kind), ask("nobody", kind)]).toEqual([
        kind,
        "PermissionDenied",
        "allowed",
        "UserEmpty",
        "UserNotFound",
      ]);
    }
    expect(ask("r", "authUserGet", { name: "r" })).toBe("allowed");
    expect(ask("r", "authUserGet", { name: "w" })).toBe("PermissionDenied");
    expect(ask("r", "authRoleGet", { role: "reader" })).toBe("allowed");
    expect(ask("r", "authRoleGet", { role: "writer" })).toBe("PermissionDenied");
    for (const kind of ["authStatus", "authenticate", "alarm", "compaction", "leaseCheckpoint"] as const) {
      expect([kind, ask("r", kind)]).toEqual([kind, "allowed"]);
    }
  });

  it("is asked at the revision of the request", () => {
    const { auth: room, run } = setup();
    const old = as(room, "r");
    const command = { kind: "range", value: range("a") } as unknown as AnyCommand;
    room.checkCommand({ command, ...old }, noLeases);
    role(run, "more");
    expect(() => room.checkCommand({ command, ...old }, noLeases)).toThrow("revision of auth store is old");
    expect(() => room.checkCommand({ command, username: "", authRevision: 0 }, noLeases)).toThrow("user name is empty");
    run("authDisable");
    expect(() => room.checkCommand({ command, username: "", authRevision: 0 }, noLeases)).not.toThrow();
    expect(() => room.checkAnyone(undefined)).not.toThrow();
    expect(() => room.checkRoot(undefined)).not.toThrow();
  });

  it("follows roles at once", () => {
    const { auth: room, run } = setup();
    expect(() => room.checkRead(as(room, "r"), "z", "")).toThrow("permission denied");
    run("authRoleGrantPermission", {
      name: "reader",
      perm: { permType: READ, key: utf8("m"), rangeEnd: utf8("\0") },
    });
    // The two ranges touch, so together they are one without end.
    expect(() => room.checkRead(as(room, "r"), "a", "\0")).not.toThrow();
    run("authRoleRevokePermission", { role: "reader", key: utf8("a"), rangeEnd: utf8("m") });
    expect(() => room.checkRead(as(room, "r"), "b", "")).toThrow("permission denied");
    run("authUserRevokeRole", { name: "r", role: "reader" });
    expect(() => room.checkRead(as(room, "r"), "z", "")).toThrow("permission denied");
  });
});
