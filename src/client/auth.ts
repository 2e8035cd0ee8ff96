import { checkGiven, keyBytes, keyString, kinds, oneOf, prefixEnd } from "../base/index.ts";
import { auth, rpc } from "../wire/proto/index.ts";
import type { Connection } from "./connection.ts";
import { type KeyRange, toRange } from "./keys.ts";
import { checkCall, checkRange, none, type RequestOptions, withRequest } from "./options.ts";

/**
 * What a role may do with a range of keys.
 *
 * @example
 * const permission: PermissionKind = "readwrite";
 * await client.roles.grant("worker", { prefix: "jobs/" }, permission);
 */
export type PermissionKind = "read" | "write" | "readwrite";

/** A permission of a role. */
export interface Permission {
  readonly permission: PermissionKind;
  readonly range: KeyRange;
}

/** How a user is made. */
export interface UserOptions {
  /** Without a password nobody logs in as this user: it is known by its TLS certificate alone. */
  readonly password?: string | undefined;
}

const permissionTypes = {
  read: auth.PermissionType.READ,
  write: auth.PermissionType.WRITE,
  readwrite: auth.PermissionType.READWRITE,
} as const;
const permissionKind = oneOf("read", "write", "readwrite");
const userShape = withRequest({ password: kinds.secret });

function checkName(where: string, name: string, value: unknown): void {
  checkGiven(where, name, value, kinds.text);
}

/** Sends what the administration of users and roles asks for. None of it is sent twice. */
function send(
  connection: Connection,
  method: string,
  request: Uint8Array,
  options: RequestOptions,
): Promise<Uint8Array> {
  return connection.call(`/etcdserverpb.Auth/${method}`, request, false, options);
}

/** As `send`, for what only reads. */
function ask(
  connection: Connection,
  method: string,
  request: Uint8Array,
  options: RequestOptions,
): Promise<Uint8Array> {
  return connection.call(`/etcdserverpb.Auth/${method}`, request, true, options);
}

/**
 * Authentication of the cluster: on or off. Reached as `client.auth`.
 *
 * @example
 * await client.users.add("root", { password: "secret" });
 * await client.users.grantRole("root", "root");
 * await client.auth.enable();
 * const admin = new Client({ endpoints, username: "root", password: "secret" });
 * console.log((await admin.auth.status()).enabled);
 * await admin.auth.disable();
 * admin.close();
 */
export class Auth {
  readonly #connection: Connection;

  /** Made by the client. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Turns it on. There must be a user `root` that has the role `root`. */
  async enable(options: RequestOptions = none): Promise<void> {
    checkCall("auth.enable", options);
    await send(this.#connection, "AuthEnable", rpc.encodeAuthEnableRequest({}), options);
    // A client that found authentication off has noted that it needs no token.
    this.#connection.forgetToken();
  }

  /** Turns it off. */
  async disable(options: RequestOptions = none): Promise<void> {
    checkCall("auth.disable", options);
    await send(this.#connection, "AuthDisable", rpc.encodeAuthDisableRequest({}), options);
  }

  /** Whether it is on; `revision` counts the changes of users and roles. */
  async status(options: RequestOptions = none): Promise<{ readonly enabled: boolean; readonly revision: number }> {
    checkCall("auth.status", options);
    const answer = await ask(this.#connection, "AuthStatus", rpc.encodeAuthStatusRequest({}), options);
    const { enabled, authRevision } = rpc.decodeAuthStatusResponse(answer);
    return { enabled, revision: authRevision };
  }

  /** Logs in now instead of with the first request that needs it. */
  async login(options: RequestOptions = none): Promise<void> {
    checkCall("auth.login", options);
    await this.#connection.authenticate(options);
  }

  /** Throws the token away and logs in anew. An expired token needs no help: the client does the same when a server refuses it. */
  async refresh(options: RequestOptions = none): Promise<void> {
    checkCall("auth.refresh", options);
    this.#connection.forgetToken();
    await this.#connection.authenticate(options);
  }
}

/**
 * The users of the cluster. Reached as `client.users`.
 *
 * @example
 * await client.users.add("alice", { password: "secret" });
 * await client.roles.add("worker");
 * await client.users.grantRole("alice", "worker");
 * console.log(await client.users.get("alice")); // { name: "alice", roles: ["worker"] }
 */
export class Users {
  readonly #connection: Connection;

  /** Made by the client. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Makes a user; without a password one that is known by certificate only. */
  async add(name: string, options: UserOptions & RequestOptions = none): Promise<void> {
    checkName("users.add", "name", name);
    checkCall("users.add", options, userShape);
    const { password } = options;
    const request = rpc.encodeAuthUserAddRequest({
      name,
      password: password ?? "",
      options: { noPassword: password === undefined },
      hashedPassword: "",
    });
    await send(this.#connection, "UserAdd", request, options);
  }

  /** Removes a user. */
  async delete(name: string, options: RequestOptions = none): Promise<void> {
    checkName("users.delete", "name", name);
    checkCall("users.delete", options);
    await send(this.#connection, "UserDelete", rpc.encodeAuthUserDeleteRequest({ name }), options);
  }

  /** A user and its roles. */
  async get(
    name: string,
    options: RequestOptions = none,
  ): Promise<{ readonly name: string; readonly roles: readonly string[] }> {
    checkName("users.get", "name", name);
    checkCall("users.get", options);
    const answer = await ask(this.#connection, "UserGet", rpc.encodeAuthUserGetRequest({ name }), options);
    return { name, roles: rpc.decodeAuthUserGetResponse(answer).roles };
  }

  /** The names of all users. */
  async list(options: RequestOptions = none): Promise<readonly string[]> {
    checkCall("users.list", options);
    const answer = await ask(this.#connection, "UserList", rpc.encodeAuthUserListRequest({}), options);
    return rpc.decodeAuthUserListResponse(answer).users;
  }

  /** Gives a user another password. Clients that are logged in have to log in again. */
  async changePassword(name: string, password: string, options: RequestOptions = none): Promise<void> {
    checkName("users.changePassword", "name", name);
    checkGiven("users.changePassword", "password", password, kinds.secret);
    checkCall("users.changePassword", options);
    const request = rpc.encodeAuthUserChangePasswordRequest({ name, password, hashedPassword: "" });
    await send(this.#connection, "UserChangePassword", request, options);
  }

  /** Gives a user a role. */
  async grantRole(user: string, role: string, options: RequestOptions = none): Promise<void> {
    checkName("users.grantRole", "user", user);
    checkName("users.grantRole", "role", role);
    checkCall("users.grantRole", options);
    await send(this.#connection, "UserGrantRole", rpc.encodeAuthUserGrantRoleRequest({ user, role }), options);
  }

  /** Takes a role from a user. */
  async revokeRole(user: string, role: string, options: RequestOptions = none): Promise<void> {
    checkName("users.revokeRole", "user", user);
    checkName("users.revokeRole", "role", role);
    checkCall("users.revokeRole", options);
    const request = rpc.encodeAuthUserRevokeRoleRequest({ name: user, role });
    await send(this.#connection, "UserRevokeRole", request, options);
  }
}

/**
 * The roles of the cluster and what they may do. Reached as `client.roles`.
 *
 * @example
 * await client.roles.add("worker");
 * await client.roles.grant("worker", { prefix: "jobs/" }, "readwrite");
 * for (const { range, permission } of await client.roles.get("worker")) console.log(range, permission);
 */
export class Roles {
  readonly #connection: Connection;

  /** Made by the client. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Makes a role that may do nothing yet. */
  async add(name: string, options: RequestOptions = none): Promise<void> {
    checkName("roles.add", "name", name);
    checkCall("roles.add", options);
    await send(this.#connection, "RoleAdd", rpc.encodeAuthRoleAddRequest({ name }), options);
  }

  /** Removes a role, also from the users that have it. */
  async delete(name: string, options: RequestOptions = none): Promise<void> {
    checkName("roles.delete", "name", name);
    checkCall("roles.delete", options);
    await send(this.#connection, "RoleDelete", rpc.encodeAuthRoleDeleteRequest({ role: name }), options);
  }

  /** What a role may do. */
  async get(name: string, options: RequestOptions = none): Promise<readonly Permission[]> {
    checkName("roles.get", "name", name);
    checkCall("roles.get", options);
    const answer = await ask(this.#connection, "RoleGet", rpc.encodeAuthRoleGetRequest({ role: name }), options);
    return rpc.decodeAuthRoleGetResponse(answer).perm.map(({ permType, key, rangeEnd }) => ({
      permission: permissionName(permType),
      range: rangeOf(key, rangeEnd),
    }));
  }

  /** The names of all roles. */
  async list(options: RequestOptions = none): Promise<readonly string[]> {
    checkCall("roles.list", options);
    const answer = await ask(this.#connection, "RoleList", rpc.encodeAuthRoleListRequest({}), options);
    return rpc.decodeAuthRoleListResponse(answer).roles;
  }

  /** Lets a role read or write a range; in place of what it may do with the very same range. */
  async grant(
    name: string,
    range: KeyRange,
    permission: PermissionKind,
    options: RequestOptions = none,
  ): Promise<void> {
    checkName("roles.grant", "name", name);
    checkRange("roles.grant", range);
    checkGiven("roles.grant", "permission", permission, permissionKind);
    checkCall("roles.grant", options);
    const perm = { permType: permissionTypes[permission], ...toRange(range) };
    await send(
      this.#connection,
      "RoleGrantPermission",
      rpc.encodeAuthRoleGrantPermissionRequest({ name, perm }),
      options,
    );
  }

  /** Takes back what was granted for the very same range. */
  async revoke(name: string, range: KeyRange, options: RequestOptions = none): Promise<void> {
    checkName("roles.revoke", "name", name);
    checkRange("roles.revoke", range);
    checkCall("roles.revoke", options);
    const request = rpc.encodeAuthRoleRevokePermissionRequest({ role: name, ...toRange(range) });
    await send(this.#connection, "RoleRevokePermission", request, options);
  }
}

function permissionName(type: auth.PermissionType): PermissionKind {
  if (type === auth.PermissionType.READ) return "read";
  return type === auth.PermissionType.WRITE ? "write" : "readwrite";
}

/** Key and end in the form that they were most likely given in. */
function rangeOf(key: Uint8Array, rangeEnd: Uint8Array): KeyRange {
  if (rangeEnd.length === 0) return key;
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) {
    return key.length === 1 && key[0] === 0 ? { prefix: "" } : { from: key };
  }
  const prefixes = keyString(rangeEnd) === prefixEnd(keyString(key));
  return prefixes ? { prefix: key } : { start: key, end: keyBytes(keyString(rangeEnd)) };
}
