import { Code, type ErrorKey, EtcdError } from "../../base/index.ts";
import type { MethodRegistry } from "../../wire/grpc/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { ServiceRegistry, type Surroundings } from "./registry.ts";

/**
 * What a member without users, roles and authentication answers: the very words of an etcd whose auth store is empty.
 * Methods that would write to that store have no entry.
 */
const withoutStore: Record<string, ErrorKey | undefined> = {
  AuthEnable: "RootUserNotExist",
  Authenticate: "AuthNotEnabled",
  UserGet: "UserNotFound",
  UserDelete: "UserNotFound",
  UserChangePassword: "UserNotFound",
  UserGrantRole: "UserNotFound",
  UserRevokeRole: "UserNotFound",
  RoleGet: "RoleNotFound",
  RoleDelete: "RoleNotFound",
  RoleGrantPermission: "RoleNotFound",
  RoleRevokePermission: "RoleNotFound",
};

/** etcdserverpb.Auth */
export function registerAuth(registry: MethodRegistry, around: Surroundings): void {
  const { member, options, guard } = around;
  const service = new ServiceRegistry(registry, around, rpc.AuthService);
  for (const { name } of rpc.AuthService.methods) {
    service.simple<unknown, unknown>(name, (request, call) => {
      if (options.auth !== undefined) {
        // Whoever authenticates may still carry an old token along.
        return options.auth.call(name, request, name === "Authenticate" ? undefined : guard.principal(call));
      }
      const key = withoutStore[name];
      if (key !== undefined) throw EtcdError.of(key);
      const header = member.header();
      switch (name) {
        case "AuthDisable":
          return rpc.createAuthDisableResponse({ header });
        case "AuthStatus":
          // A fresh auth store stands at revision 1.
          return rpc.createAuthStatusResponse({ header, enabled: false, authRevision: 1 });
        case "UserList":
          return rpc.createAuthUserListResponse({ header });
        case "RoleList":
          return rpc.createAuthRoleListResponse({ header });
        case "UserAdd":
          if ((request as rpc.AuthUserAddRequest).name === "") throw EtcdError.of("UserEmpty");
          break;
        case "RoleAdd":
          if ((request as rpc.AuthRoleAddRequest).name === "") throw EtcdError.of("RoleEmpty");
          break;
        default:
      }
      throw EtcdError.raw(Code.Unimplemented, "quorate: this member keeps no users and roles");
    });
  }
}
