import { below, EtcdError } from "../base/index.ts";
import { auth as authpb, rpc } from "../wire/proto/index.ts";
import type { Cluster } from "./cluster.ts";
import { ask } from "./members.ts";
import { chance } from "./world.ts";

/** One minor below ours, as the flag of `etcdctl downgrade enable` has it. */
const downgradeTarget = "3.6";

/** Begins a downgrade, or calls it off. Nobody ever runs the older version: members live with the state in between. */
export async function changeDowngrade(cluster: Cluster): Promise<void> {
  const enable = chance(cluster.world.random, 0.5);
  cluster.trace("op", enable ? `downgrade to ${downgradeTarget}` : "downgrade called off");
  await ask(cluster, ({ member }) =>
    member!.downgrade({
      action: enable ? rpc.DowngradeAction.ENABLE : rpc.DowngradeAction.CANCEL,
      version: enable ? downgradeTarget : "",
    }),
  );
}

/** Calls off a downgrade until it is called off: nobody may join a cluster that is on its way down. */
export async function endDowngrade(cluster: Cluster): Promise<void> {
  for (;;) {
    const enabled = cluster.machines().some(({ member }) => member?.status().downgradeInfo?.enabled === true);
    if (!enabled || cluster.stopped) return;
    await ask(cluster, ({ member }) => member!.downgrade({ action: rpc.DowngradeAction.CANCEL, version: "" }));
    await cluster.world.wait(500);
  }
}

const users = ["ann", "ben", "cat"];
const roles = ["reader", "writer", "boss"];
const permissionTypes = [
  authpb.PermissionType.READ,
  authpb.PermissionType.WRITE,
  authpb.PermissionType.READWRITE,
] as const;

/**
 * One change of users, roles and permissions. Authentication stays off, since the callers of a run stand behind that door; what
 * is in the log about users must be the same on every member all the same (`files agree`).
 */
export async function changeAuth(cluster: Cluster): Promise<void> {
  const { random } = cluster.world;
  const user = users[below(random, users.length)]!;
  const role = roles[below(random, roles.length)]!;
  const key = new Uint8Array([97 + below(random, 4)]);
  const rangeEnd = chance(random, 0.5) ? new Uint8Array([102]) : new Uint8Array(0);
  const permType = permissionTypes[below(random, permissionTypes.length)]!;
  const calls: [method: string, request: unknown][] = [
    ["UserAdd", rpc.createAuthUserAddRequest({ name: user, password: role })],
    ["UserAdd", rpc.createAuthUserAddRequest({ name: user, password: role })],
    ["UserDelete", rpc.createAuthUserDeleteRequest({ name: user })],
    ["UserChangePassword", rpc.createAuthUserChangePasswordRequest({ name: user, password: user })],
    ["UserGrantRole", rpc.createAuthUserGrantRoleRequest({ user, role })],
    ["UserRevokeRole", rpc.createAuthUserRevokeRoleRequest({ name: user, role })],
    ["RoleAdd", rpc.createAuthRoleAddRequest({ name: role })],
    ["RoleAdd", rpc.createAuthRoleAddRequest({ name: role })],
    ["RoleDelete", rpc.createAuthRoleDeleteRequest({ role })],
    [
      "RoleGrantPermission",
      rpc.createAuthRoleGrantPermissionRequest({ name: role, perm: { permType, key, rangeEnd } }),
    ],
    ["RoleRevokePermission", rpc.createAuthRoleRevokePermissionRequest({ role, key, rangeEnd })],
  ];
  const [method, request] = calls[below(random, calls.length)]!;
  cluster.trace("op", `auth ${method}`);
  await ask(cluster, ({ member }) =>
    member!.auth.call(method, request, undefined).catch((error: unknown) => {
      if (!(error instanceof EtcdError)) throw error;
    }),
  );
}
