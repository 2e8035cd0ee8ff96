import { messageOf } from "../../../base/index.ts";
import { type auth, type MessageCodec, rpc } from "../../../wire/proto/index.ts";
import { ExitCode, fail, type Io } from "../../command/io.ts";
import { bytesOf } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import type { Answer } from "../display.ts";
import { prefixEndOf } from "../keys.ts";
import { CallError, type CallLimits, limitOf, open, type Session } from "../session.ts";

/** Calls a method of the Auth service; a failure ends the command. */
async function ask<Q, A>(
  session: Session,
  method: string,
  request: readonly [MessageCodec<Q>, Q],
  answer: MessageCodec<A>,
  limits: CallLimits = {},
): Promise<A> {
  try {
    return await session.call(`Auth/${method}`, request, answer, limits);
  } catch (error) {
    fail(session.io, ExitCode.Error, error);
  }
}

/** Most commands: one request, one answer shown. */
async function simple<Q, A>(
  call: Invocation,
  method: string,
  request: readonly [MessageCodec<Q>, Q],
  codec: MessageCodec<A>,
  shown: (answer: A) => Answer,
  limits: CallLimits = {},
): Promise<void> {
  const { session, display } = await open(call);
  await display.show(shown(await ask(session, method, request, codec, limits)));
}

/** Refuses a wrong number of arguments with these words. */
function expect(call: Invocation, count: number, words: string): readonly string[] {
  if (call.args.length !== count) fail(call.io, ExitCode.BadArgs, words);
  return call.args;
}

export async function authStatus(call: Invocation): Promise<void> {
  expect(call, 0, "auth status command does not accept any arguments");
  const request = [rpc.AuthStatusRequest, {}] as const;
  await simple(
    call,
    "AuthStatus",
    request,
    rpc.AuthStatusResponse,
    (answer) => ({ kind: "authStatus", answer }),
    limitOf(call),
  );
}

/** The user root needs the role root; both are put together here when the server misses them. */
export async function authEnable(call: Invocation): Promise<void> {
  expect(call, 0, "auth enable command does not accept any arguments");
  const { session } = await open(call);
  const limits = limitOf(call);
  const enable = () => session.call("Auth/AuthEnable", [rpc.AuthEnableRequest, {}], rpc.AuthEnableResponse, limits);
  try {
    try {
      await enable();
    } catch (error) {
      const missing = error instanceof CallError && error.text === "etcdserver: root user does not have root role";
      if (!missing) throw error;
      const role = { name: "root", options: undefined };
      await session.call(
        "Auth/RoleAdd",
        [rpc.AuthRoleAddRequest, rpc.createAuthRoleAddRequest(role)],
        rpc.AuthRoleAddResponse,
        limits,
      );
      const grant = { user: "root", role: "root" };
      await session.call(
        "Auth/UserGrantRole",
        [rpc.AuthUserGrantRoleRequest, grant],
        rpc.AuthUserGrantRoleResponse,
        limits,
      );
      await enable();
    }
  } catch (error) {
    fail(call.io, ExitCode.Error, error);
  }
  call.io.out("Authentication Enabled\n");
}

export async function authDisable(call: Invocation): Promise<void> {
  expect(call, 0, "auth disable command does not accept any arguments");
  const { session } = await open(call);
  await ask(session, "AuthDisable", [rpc.AuthDisableRequest, {}], rpc.AuthDisableResponse, limitOf(call));
  call.io.out("Authentication Disabled\n");
}

export async function userAdd(call: Invocation): Promise<void> {
  const { io, flags } = call;
  const [given = ""] = expect(call, 1, "user add command requires user name as its argument");
  const noPassword = flags.bool("no-password");
  let user = given;
  let password = "";
  if (!noPassword) {
    const colon = given.indexOf(":");
    if (flags.string("new-user-password") !== "") password = flags.string("new-user-password");
    else if (colon >= 0) {
      user = given.slice(0, colon);
      password = given.slice(colon + 1);
      if (user === "") fail(io, ExitCode.BadArgs, "empty user name is not allowed");
    } else password = flags.bool("interactive") ? await askNewPassword(io, given) : await firstWord(io);
  }
  const request = rpc.createAuthUserAddRequest({ name: user, password, options: { noPassword } });
  await simple(call, "UserAdd", [rpc.AuthUserAddRequest, request], rpc.AuthUserAddResponse, (answer) => ({
    kind: "userAdd",
    answer,
    user,
  }));
}

export async function userDelete(call: Invocation): Promise<void> {
  const [user = ""] = expect(call, 1, "user delete command requires user name as its argument");
  const request = [rpc.AuthUserDeleteRequest, { name: user }] as const;
  await simple(call, "UserDelete", request, rpc.AuthUserDeleteResponse, (answer) => ({
    kind: "userDelete",
    answer,
    user,
  }));
}

export async function userGet(call: Invocation): Promise<void> {
  const [user = ""] = expect(call, 1, "user get command requires user name as its argument");
  const { session, display } = await open(call);
  const answer = await ask(session, "UserGet", [rpc.AuthUserGetRequest, { name: user }], rpc.AuthUserGetResponse, {
    repeatable: true,
  });
  if (!call.flags.bool("detail")) return display.show({ kind: "userGet", answer, user });
  call.io.out(`User: ${user}\n`);
  for (const role of answer.roles) {
    call.io.out("\n");
    const detail = await ask(session, "RoleGet", [rpc.AuthRoleGetRequest, { role }], rpc.AuthRoleGetResponse, {
      repeatable: true,
    });
    await display.show({ kind: "roleGet", answer: detail, role });
  }
}

export async function userList(call: Invocation): Promise<void> {
  expect(call, 0, "user list command requires no arguments");
  const request = [rpc.AuthUserListRequest, {}] as const;
  await simple(call, "UserList", request, rpc.AuthUserListResponse, (answer) => ({ kind: "userList", answer }), {
    repeatable: true,
  });
}

export async function userPassword(call: Invocation): Promise<void> {
  const [user = ""] = expect(call, 1, "user passwd command requires user name as its argument");
  const password = call.flags.bool("interactive") ? await askNewPassword(call.io, user) : await firstWord(call.io);
  const request = rpc.createAuthUserChangePasswordRequest({ name: user, password });
  await simple(
    call,
    "UserChangePassword",
    [rpc.AuthUserChangePasswordRequest, request],
    rpc.AuthUserChangePasswordResponse,
    (answer) => ({ kind: "userPassword", answer }),
  );
}

export async function userGrant(call: Invocation): Promise<void> {
  const [user = "", role = ""] = expect(call, 2, "user grant command requires user name and role name as its argument");
  const request = [rpc.AuthUserGrantRoleRequest, { user, role }] as const;
  await simple(call, "UserGrantRole", request, rpc.AuthUserGrantRoleResponse, (answer) => ({
    kind: "userGrant",
    answer,
    user,
    role,
  }));
}

export async function userRevoke(call: Invocation): Promise<void> {
  const [user = "", role = ""] = expect(call, 2, "user revoke-role requires user name and role name as its argument");
  const request = [rpc.AuthUserRevokeRoleRequest, { name: user, role }] as const;
  await simple(call, "UserRevokeRole", request, rpc.AuthUserRevokeRoleResponse, (answer) => ({
    kind: "userRevoke",
    answer,
    user,
    role,
  }));
}

export async function roleAdd(call: Invocation): Promise<void> {
  const [role = ""] = expect(call, 1, "role add command requires role name as its argument");
  const request = [rpc.AuthRoleAddRequest, rpc.createAuthRoleAddRequest({ name: role })] as const;
  await simple(call, "RoleAdd", request, rpc.AuthRoleAddResponse, (answer) => ({ kind: "roleAdd", answer, role }));
}

export async function roleDelete(call: Invocation): Promise<void> {
  const [role = ""] = expect(call, 1, "role delete command requires role name as its argument");
  const request = [rpc.AuthRoleDeleteRequest, { role }] as const;
  await simple(call, "RoleDelete", request, rpc.AuthRoleDeleteResponse, (answer) => ({
    kind: "roleDelete",
    answer,
    role,
  }));
}

export async function roleGet(call: Invocation): Promise<void> {
  const [role = ""] = expect(call, 1, "role get command requires role name as its argument");
  const request = [rpc.AuthRoleGetRequest, { role }] as const;
  const shown = (answer: rpc.AuthRoleGetResponse): Answer => ({ kind: "roleGet", answer, role });
  await simple(call, "RoleGet", request, rpc.AuthRoleGetResponse, shown, { repeatable: true });
}

export async function roleList(call: Invocation): Promise<void> {
  expect(call, 0, "role list command requires no arguments");
  const request = [rpc.AuthRoleListRequest, {}] as const;
  await simple(call, "RoleList", request, rpc.AuthRoleListResponse, (answer) => ({ kind: "roleList", answer }), {
    repeatable: true,
  });
}

const permissions: Readonly<Record<string, auth.PermissionType>> = { READ: 0, WRITE: 1, READWRITE: 2 };

export async function roleGrant(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length < 3) {
    fail(
      io,
      ExitCode.BadArgs,
      "role grant command requires role name, permission type, and key [endkey] as its argument",
    );
  }
  const [role = "", type = ""] = args;
  const permType = permissions[type.toUpperCase()];
  if (permType === undefined) fail(io, ExitCode.BadArgs, `invalid permission type: ${type}`);
  const { key, end } = permissionRange(call, args.slice(2));
  const perm = { permType, key: bytesOf(key), rangeEnd: bytesOf(end) };
  const request = [rpc.AuthRoleGrantPermissionRequest, { name: role, perm }] as const;
  await simple(call, "RoleGrantPermission", request, rpc.AuthRoleGrantPermissionResponse, (answer) => ({
    kind: "roleGrant",
    answer,
    role,
  }));
}

export async function roleRevoke(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length < 2) {
    fail(io, ExitCode.BadArgs, "role revoke-permission command requires role name and key [endkey] as its argument");
  }
  const [role = "", typed = ""] = args;
  const { key, end } = permissionRange(call, args.slice(1));
  const request = { role, key: bytesOf(key), rangeEnd: bytesOf(end) };
  await simple(
    call,
    "RoleRevokePermission",
    [rpc.AuthRoleRevokePermissionRequest, request],
    rpc.AuthRoleRevokePermissionResponse,
    (answer) => ({ kind: "roleRevoke", answer, role, key: typed, end }),
  );
}

/** Key and end of a permission. The empty key with `--prefix` or `--from-key` means every key. */
function permissionRange(call: Invocation, args: readonly string[]): { readonly key: string; readonly end: string } {
  const { io, flags } = call;
  const refuse = (why: string): never => fail(io, ExitCode.BadArgs, why);
  const prefix = flags.bool("prefix");
  const fromKey = flags.bool("from-key");
  const [key = "", end] = args;
  const both = "--from-key and --prefix flags are mutually exclusive";
  if (key === "") {
    if (prefix && fromKey) refuse(both);
    return { key: "\0", end: prefix || fromKey ? "\0" : "" };
  }
  if (end === undefined) {
    if (prefix && fromKey) refuse(both);
    return { key, end: prefix ? prefixEndOf(key) : fromKey ? "\0" : "" };
  }
  if (prefix) refuse("unexpected endkey argument with --prefix flag");
  if (fromKey) refuse("unexpected endkey argument with --from-key flag");
  return { key, end };
}

/** Asks twice, so that a slip is noticed. */
async function askNewPassword(io: Io, name: string): Promise<string> {
  const read = async (prompt: string): Promise<string> => {
    try {
      return await io.askPassword(prompt);
    } catch (error) {
      fail(io, ExitCode.BadArgs, `failed to ask password: ${messageOf(error)}`);
    }
  };
  const password = await read(`Password of ${name}: `);
  if (password === "") fail(io, ExitCode.BadArgs, "empty password");
  const again = await read(`Type password of ${name} again for confirmation: `);
  if (password !== again) fail(io, ExitCode.BadArgs, "given passwords are different");
  return password;
}

async function firstWord(io: Io): Promise<string> {
  return /^\s*(\S*)/.exec((await io.readLine()) ?? "")![1]!;
}
