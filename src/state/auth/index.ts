export { AuthStore } from "./auth-store.ts";
export { isValidPermissionRange, KeyRanges } from "./permissions.ts";
export type {
  AnyCommand,
  AuthBuckets,
  AuthOptions,
  CommandBy,
  LeaseKeys,
  PasswordHasher,
  Principal,
} from "./types.ts";
