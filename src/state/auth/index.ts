export { AuthStore } from "./auth-store.ts";
export { JWT_TTL_DEFAULT_SECONDS, type JwtKeys } from "./jwt.ts";
export { isValidPermissionRange, KeyRanges } from "./permissions.ts";
export { parseTokenSpec, type TokenSpec } from "./tokens.ts";
export type {
  AnyCommand,
  AuthBuckets,
  AuthOptions,
  AuthTokens,
  CommandBy,
  LeaseKeys,
  PasswordHasher,
  Principal,
} from "./types.ts";
