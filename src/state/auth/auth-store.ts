import {
  Code,
  compareBytes,
  EMPTY,
  type Env,
  EtcdError,
  equalBytes,
  keyString,
  utf8,
  utf8String,
} from "../../base/index.ts";
import { auth, type internal, rpc } from "../../wire/proto/index.ts";
import { JwtTokens } from "./jwt.ts";
import { isValidPermissionRange, KeyRanges } from "./permissions.ts";
import { NoTokens, SimpleTokens, type Tokens } from "./tokens.ts";
import type { AnyCommand, AuthBuckets, AuthOptions, CommandBy, LeaseKeys, Principal } from "./types.ts";

const ROOT = "root";
const COST_DEFAULT = 10;
/** bcrypt looks at no more, so more is refused rather than cut. */
const PASSWORD_BYTES_MAX = 72;
const ENABLED = utf8("authEnabled");
const REVISION = utf8("authRevision");
const ON = new Uint8Array([1]);
const OFF = new Uint8Array([0]);

/** What a user may do; made anew after each change, since roles are shared. */
interface Grants {
  readonly read: KeyRanges;
  readonly write: KeyRanges;
}

/** Requests that only root may put into the log. */
const rootOnly = new Set<AnyCommand["kind"]>([
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
]);

/**
 * Users, roles and what they may do, as of the last applied entry. The one place that decides: `checkCommand` for what
 * comes out of the log, the other `check…` methods for what is answered without it.
 *
 * Memory and store always say the same. Rows are decoded once and never changed in place.
 */
export class AuthStore {
  #store: AuthBuckets;
  readonly #env: Env;
  readonly #options: AuthOptions;
  readonly #cost: number;
  readonly #tokens: Tokens;
  #enabled = false;
  /** Grows by one with each change; 1 from the start. A request made at an older one is refused. */
  #revision = 0;
  #users = new Map<string, auth.User>();
  #roles = new Map<string, auth.Role>();
  /** Filled on demand, emptied by each change. */
  readonly #grants = new Map<string, Grants>();

  /** Restores from the store. */
  constructor(store: AuthBuckets, options: AuthOptions, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#options = options;
    const costFits = Number.isInteger(options.bcryptCost) && options.bcryptCost >= 4 && options.bcryptCost <= 31;
    this.#cost = costFits ? options.bcryptCost : COST_DEFAULT;
    if (!costFits) {
      env.logger.warn("use default bcrypt cost instead of the invalid given cost", {
        "default-cost": COST_DEFAULT,
        "given-cost": options.bcryptCost,
      });
    }
    this.#tokens = tokensOf(options, env);
    env.metrics.gaugeFrom(
      { name: "etcd_debugging_auth_revision", help: "Revision of the auth store." },
      () => this.#revision,
    );
    this.recover(store);
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Reads everything anew from the store, or from another one (a snapshot was installed). */
  recover(store: AuthBuckets = this.#store): void {
    this.#store = store;
    this.#users = new Map();
    this.#roles = new Map();
    this.#grants.clear();
    store.visit("authUsers", EMPTY, undefined, (_key, value) => {
      const user = auth.decodeUser(value);
      this.#users.set(utf8String(user.name), user);
    });
    store.visit("authRoles", EMPTY, undefined, (_key, value) => {
      const role = auth.decodeRole(value);
      this.#roles.set(utf8String(role.name), role);
    });
    const revision = store.get("auth", REVISION);
    this.#revision = revision === undefined || revision.length !== 8 ? 0 : readRevision(revision);
    const enabled = store.get("auth", ENABLED);
    this.#enabled = enabled !== undefined && equalBytes(enabled, ON);
    if (this.#enabled) this.#tokens.enable();
    else this.#tokens.disable();
    if (this.#revision === 0) this.#bump();
  }

  // ---- who asks

  /**
   * The principal of a token, from metadata `token` or `authorization`. Undefined while authentication is off or when `token` is
   * undefined. A promise when the entry that made the token is not applied here yet.
   * @throws EtcdError InvalidAuthToken
   */
  principal(token: string | undefined): Principal | undefined | Promise<Principal | undefined> {
    if (!this.#enabled || token === undefined) return undefined;
    const bare = token.startsWith("Bearer ") ? token.slice(7) : token;
    const index = this.#tokens.waitsFor(bare);
    const waiting = index === undefined ? undefined : this.#options.waitApplied?.(index);
    return waiting === undefined ? this.#byToken(bare) : waiting.then(() => this.#byToken(bare));
  }

  /** As far as it has to be waited for: a promise when the entry that made the token is not applied here yet. */
  tokenReady(token: string): Promise<void> | undefined {
    const before = this.#tokens.waitsFor(token.startsWith("Bearer ") ? token.slice(7) : token);
    // A token names the index before its entry; it is known here once the entry itself is applied.
    return before === undefined ? undefined : this.#options.waitApplied?.(before + 1);
  }

  #byToken(token: string): Principal {
    const principal = this.#tokens.principal(token, this.#revision);
    if (principal === undefined) throw this.#invalidToken();
    return principal;
  }

  #invalidToken(): EtcdError {
    this.#env.logger.warn("invalid auth token");
    return EtcdError.of("InvalidAuthToken");
  }

  /** The principal of a client certificate's common name (client-cert-auth on, no token, not through the gateway). */
  principalOfCommonName(commonName: string): Principal | undefined {
    return this.#enabled ? { username: commonName, authRevision: this.#revision } : undefined;
  }

  /** As whom the member itself asks, when it revokes expired leases. */
  rootPrincipal(): Principal | undefined {
    return this.#enabled ? { username: ROOT, authRevision: this.#revision } : undefined;
  }

  // ---- passwords, before anything goes into the log

  /**
   * Checks a password and says at which revision. The caller then proposes `{name, simpleToken: tokenPrefix()}` and starts over
   * when the revision has moved meanwhile.
   * @throws EtcdError AuthNotEnabled, AuthFailed, or etcd's text for a user without password
   */
  async checkPassword(username: string, password: string): Promise<number> {
    if (!this.#enabled) throw EtcdError.of("AuthNotEnabled");
    const user = this.#users.get(username);
    if (user === undefined) throw EtcdError.of("AuthFailed");
    if (user.options?.noPassword === true) throw noPasswordUser();
    const revision = this.#revision;
    if (!(await this.#options.hasher.compare(password, utf8String(user.password)))) {
      this.#env.logger.info("invalid password", { "user-name": username });
      throw EtcdError.of("AuthFailed");
    }
    return revision;
  }

  tokenPrefix(): string {
    return this.#tokens.prefix();
  }

  /** The request as it may go into the log: with the password's hash in place of the password. */
  async prepareUserAdd(request: rpc.AuthUserAddRequest): Promise<rpc.AuthUserAddRequest> {
    if (request.options?.noPassword === true) return request;
    return { ...request, password: "", hashedPassword: await this.#hash(request.password) };
  }

  async prepareUserChangePassword(
    request: rpc.AuthUserChangePasswordRequest,
  ): Promise<rpc.AuthUserChangePasswordRequest> {
    if (request.password === "") return request;
    return { ...request, password: "", hashedPassword: await this.#hash(request.password) };
  }

  async #hash(password: string): Promise<string> {
    if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) {
      throw EtcdError.raw(Code.Unknown, "bcrypt: password length exceeds 72 bytes");
    }
    const hash = await this.#options.hasher.hash(password, this.#cost);
    return Buffer.from(hash).toString("base64");
  }

  // ---- what is allowed

  /** @throws EtcdError UserEmpty when authentication is on and nobody asks */
  checkAnyone(by: Principal | undefined): void {
    if (this.#enabled && by === undefined) throw EtcdError.of("UserEmpty");
  }

  /** @throws EtcdError UserEmpty, UserNotFound, PermissionDenied */
  checkRoot(by: Principal | undefined): void {
    if (!this.#enabled) return;
    if (by === undefined || by.username === "") throw EtcdError.of("UserEmpty");
    const user = this.#users.get(by.username);
    if (user === undefined) throw EtcdError.of("UserNotFound");
    if (!hasRootRole(user)) throw EtcdError.of("PermissionDenied");
  }

  /** @throws EtcdError UserEmpty, AuthOldRevision, PermissionDenied */
  checkRead(by: Principal | undefined, key: string, rangeEnd: string): void {
    this.#check(by, key, rangeEnd, "read");
  }

  /** @throws EtcdError UserEmpty, AuthOldRevision, PermissionDenied */
  checkWrite(by: Principal | undefined, key: string, rangeEnd: string): void {
    this.#check(by, key, rangeEnd, "write");
  }

  /** What a put needs: the key, reading it if the former value is asked for, and every key that hangs on its lease. */
  checkPut(by: Principal | undefined, request: rpc.PutRequest, leases: LeaseKeys): void {
    if (!this.#enabled) return;
    const key = keyString(request.key);
    this.checkWrite(by, key, "");
    this.checkLeaseWrite(by, request.lease, leases);
    if (request.prevKv) this.checkRead(by, key, "");
  }

  checkDeleteRange(by: Principal | undefined, request: rpc.DeleteRangeRequest): void {
    if (!this.#enabled) return;
    const key = keyString(request.key);
    const rangeEnd = keyString(request.rangeEnd);
    this.checkWrite(by, key, rangeEnd);
    if (request.prevKv) this.checkRead(by, key, rangeEnd);
  }

  /** All compares and all operations of both branches, nested ones too: which branch is taken must not tell what may not be read. */
  checkTxn(by: Principal | undefined, request: rpc.TxnRequest, leases: LeaseKeys): void {
    if (!this.#enabled) return;
    for (const compare of request.compare) this.checkRead(by, keyString(compare.key), keyString(compare.rangeEnd));
    for (const ops of [request.success, request.failure]) {
      for (const { request: op } of ops) {
        switch (op.case) {
          case "requestRange":
            this.checkRead(by, keyString(op.value.key), keyString(op.value.rangeEnd));
            break;
          case "requestPut":
            this.checkPut(by, op.value, leases);
            break;
          case "requestDeleteRange":
            this.checkDeleteRange(by, op.value);
            break;
          case "requestTxn":
            this.checkTxn(by, op.value, leases);
            break;
        }
      }
    }
  }

  /** Whether `by` may write every key on the lease: to revoke it, renew it or hang another key on it. */
  checkLeaseWrite(by: Principal | undefined, lease: bigint, leases: LeaseKeys): void {
    this.#checkLease(by, lease, leases, "write");
  }

  /** Whether `by` may read every key on the lease: to be told them. */
  checkLeaseRead(by: Principal | undefined, lease: bigint, leases: LeaseKeys): void {
    this.#checkLease(by, lease, leases, "read");
  }

  /**
   * Whether a request from the log may be applied, as every member decides alike.
   * @throws EtcdError UserEmpty, UserNotFound, AuthOldRevision, PermissionDenied
   */
  checkCommand(by: CommandBy, leases: LeaseKeys): void {
    if (!this.#enabled) return;
    const { command } = by;
    if (rootOnly.has(command.kind)) {
      this.checkRoot(by);
      return;
    }
    switch (command.kind) {
      case "put":
        this.checkPut(by, command.value, leases);
        break;
      case "range":
        this.checkRead(by, keyString(command.value.key), keyString(command.value.rangeEnd));
        break;
      case "deleteRange":
        this.checkDeleteRange(by, command.value);
        break;
      case "txn":
        this.checkTxn(by, command.value, leases);
        break;
      case "leaseRevoke":
        this.checkLeaseWrite(by, command.value.ID, leases);
        break;
      case "authUserGet":
        if (command.value.name !== by.username) this.checkRoot(by);
        break;
      case "authRoleGet":
        if (!this.hasRole(by.username, command.value.role)) this.checkRoot(by);
        break;
    }
  }

  hasRole(username: string, role: string): boolean {
    return this.#users.get(username)?.roles.includes(role) ?? false;
  }

  #checkLease(by: Principal | undefined, id: bigint, leases: LeaseKeys, kind: keyof Grants): void {
    if (!this.#enabled) return;
    const lease = leases.lookup(id);
    if (lease === undefined || this.#isRoot(by)) return;
    for (const key of lease.keys()) this.#check(by, key, "", kind);
  }

  #isRoot(by: Principal | undefined): boolean {
    const user = by === undefined ? undefined : this.#users.get(by.username);
    return user !== undefined && by!.username !== "" && hasRootRole(user);
  }

  #check(by: Principal | undefined, key: string, rangeEnd: string, kind: keyof Grants): void {
    if (!this.#enabled) return;
    if (by === undefined || by.authRevision === 0) throw EtcdError.of("UserEmpty");
    if (by.authRevision < this.#revision) throw EtcdError.of("AuthOldRevision");
    const user = this.#users.get(by.username);
    if (user === undefined) throw EtcdError.of("PermissionDenied");
    if (hasRootRole(user)) return;
    if (!this.#grantsOf(by.username, user)[kind].covers(key, rangeEnd)) throw EtcdError.of("PermissionDenied");
  }

  #grantsOf(username: string, user: auth.User): Grants {
    let grants = this.#grants.get(username);
    if (grants === undefined) {
      const read: [string, string][] = [];
      const write: [string, string][] = [];
      for (const name of user.roles) {
        for (const { permType, key, rangeEnd } of this.#roles.get(name)?.keyPermission ?? []) {
          const range: [string, string] = [keyString(key), keyString(rangeEnd)];
          if (permType !== auth.PermissionType.WRITE) read.push(range);
          if (permType !== auth.PermissionType.READ) write.push(range);
        }
      }
      grants = { read: new KeyRanges(read), write: new KeyRanges(write) };
      this.#grants.set(username, grants);
    }
    return grants;
  }

  // ---- what the log does

  /**
   * Applies an auth request; the answer carries `header`. Other requests give undefined.
   * @param entryIndex index of the entry in the log: the token that an Authenticate makes ends in the index before it, on every member
   * @throws EtcdError as each request has them
   */
  apply(command: AnyCommand, header: rpc.ResponseHeader, entryIndex = 1): unknown {
    switch (command.kind) {
      case "authEnable":
        this.#enable();
        return rpc.createAuthEnableResponse({ header });
      case "authDisable":
        this.#disable();
        return rpc.createAuthDisableResponse({ header });
      case "authStatus":
        return rpc.createAuthStatusResponse({ header, enabled: this.#enabled, authRevision: this.#revision });
      case "authenticate":
        return rpc.createAuthenticateResponse({ header, token: this.#authenticate(command.value, entryIndex - 1) });
      case "authUserAdd":
        this.#userAdd(command.value);
        return rpc.createAuthUserAddResponse({ header });
      case "authUserDelete":
        this.#userDelete(command.value.name);
        return rpc.createAuthUserDeleteResponse({ header });
      case "authUserGet":
        return rpc.createAuthUserGetResponse({ header, roles: [...this.#user(command.value.name).roles] });
      case "authUserList":
        return rpc.createAuthUserListResponse({ header, users: this.#sorted(this.#users) });
      case "authUserChangePassword":
        this.#userChangePassword(command.value);
        return rpc.createAuthUserChangePasswordResponse({ header });
      case "authUserGrantRole":
        this.#userGrantRole(command.value);
        return rpc.createAuthUserGrantRoleResponse({ header });
      case "authUserRevokeRole":
        this.#userRevokeRole(command.value);
        return rpc.createAuthUserRevokeRoleResponse({ header });
      case "authRoleAdd":
        this.#roleAdd(command.value.name);
        return rpc.createAuthRoleAddResponse({ header });
      case "authRoleDelete":
        this.#roleDelete(command.value.role);
        return rpc.createAuthRoleDeleteResponse({ header });
      case "authRoleGet":
        return rpc.createAuthRoleGetResponse({ header, perm: this.#roleGet(command.value.role) });
      case "authRoleList":
        return rpc.createAuthRoleListResponse({ header, roles: this.#sorted(this.#roles) });
      case "authRoleGrantPermission":
        this.#roleGrantPermission(command.value);
        return rpc.createAuthRoleGrantPermissionResponse({ header });
      case "authRoleRevokePermission":
        this.#roleRevokePermission(command.value);
        return rpc.createAuthRoleRevokePermissionResponse({ header });
      default:
        return undefined;
    }
  }

  #enable(): void {
    if (this.#enabled) {
      this.#env.logger.info("authentication is already enabled; ignored auth enable request");
      return;
    }
    const root = this.#users.get(ROOT);
    if (root === undefined) throw EtcdError.of("RootUserNotExist");
    if (!hasRootRole(root)) throw EtcdError.of("RootRoleNotExist");
    this.#store.put("auth", ENABLED, ON);
    this.#enabled = true;
    this.#tokens.enable();
    this.#env.logger.info("enabled authentication");
  }

  #disable(): void {
    if (!this.#enabled) return;
    this.#store.put("auth", ENABLED, OFF);
    this.#bump();
    this.#enabled = false;
    this.#tokens.disable();
    this.#env.logger.info("disabled authentication");
  }

  /** The password was checked before the entry was proposed. */
  #authenticate(request: internal.InternalAuthenticateRequest, index: number): string {
    if (!this.#enabled) throw EtcdError.of("AuthNotEnabled");
    const user = this.#users.get(request.name);
    if (user === undefined || user.options?.noPassword === true) throw EtcdError.of("AuthFailed");
    return this.#tokens.assign(request.name, request.simpleToken, index, this.#revision);
  }

  #userAdd(request: rpc.AuthUserAddRequest): void {
    if (request.name === "") throw EtcdError.of("UserEmpty");
    if (this.#users.has(request.name)) throw EtcdError.of("UserAlreadyExists");
    const options = request.options ?? auth.createUserAddOptions();
    const password = options.noPassword ? EMPTY : this.#passwordOf(request);
    this.#putUser({ name: utf8(request.name), password, roles: [], options });
    this.#bump();
    this.#env.logger.info("added a user", { "user-name": request.name });
  }

  #userDelete(name: string): void {
    if (this.#enabled && name === ROOT) throw this.#refuse("cannot delete 'root' user", { "user-name": name });
    this.#user(name);
    this.#users.delete(name);
    this.#store.delete("authUsers", utf8(name));
    this.#bump();
    this.#tokens.invalidateUser(name);
    this.#env.logger.info("deleted a user", { "user-name": name });
  }

  #userChangePassword(request: rpc.AuthUserChangePasswordRequest): void {
    const user = this.#user(request.name);
    const password = user.options?.noPassword === true ? EMPTY : this.#passwordOf(request);
    this.#putUser({ ...user, password });
    this.#bump();
    this.#tokens.invalidateUser(request.name);
    this.#env.logger.info("changed a password of a user", { "user-name": request.name });
  }

  #userGrantRole(request: rpc.AuthUserGrantRoleRequest): void {
    const user = this.#user(request.user);
    // The role root needs no row of its own.
    if (request.role !== ROOT) this.#role(request.role);
    if (user.roles.includes(request.role)) {
      this.#env.logger.warn("ignored grant role request to a user", {
        "user-name": request.user,
        "duplicate-role-name": request.role,
      });
      return;
    }
    this.#putUser({ ...user, roles: [...user.roles, request.role].sort(byUtf8) });
    this.#bump();
    this.#env.logger.info("granted a role to a user", {
      "user-name": request.user,
      "added-role-name": request.role,
    });
  }

  #userRevokeRole(request: rpc.AuthUserRevokeRoleRequest): void {
    if (this.#enabled && request.name === ROOT && request.role === ROOT) {
      throw this.#refuse("'root' user cannot revoke 'root' role", { "user-name": ROOT, "role-name": ROOT });
    }
    const user = this.#user(request.name);
    const roles = user.roles.filter((role) => role !== request.role);
    if (roles.length === user.roles.length) throw EtcdError.of("RoleNotGranted");
    this.#putUser({ ...user, roles });
    this.#bump();
    this.#env.logger.info("revoked a role from a user", {
      "user-name": request.name,
      "revoked-role-name": request.role,
    });
  }

  #roleAdd(name: string): void {
    if (name === "") throw EtcdError.of("RoleEmpty");
    if (this.#roles.has(name)) throw EtcdError.of("RoleAlreadyExists");
    this.#putRole({ name: utf8(name), keyPermission: [] });
    this.#bump();
    this.#env.logger.info("created a role", { "role-name": name });
  }

  #roleGet(name: string): auth.Permission[] {
    const role = this.#role(name);
    if (name !== ROOT) return [...role.keyPermission];
    return [{ permType: auth.PermissionType.READWRITE, key: EMPTY, rangeEnd: OFF }];
  }

  #roleDelete(name: string): void {
    if (this.#enabled && name === ROOT) throw this.#refuse("cannot delete 'root' role", { "role-name": name });
    this.#role(name);
    this.#roles.delete(name);
    this.#store.delete("authRoles", utf8(name));
    for (const user of [...this.#users.values()]) {
      const roles = user.roles.filter((role) => role !== name);
      if (roles.length < user.roles.length) this.#putUser({ ...user, roles });
    }
    this.#bump();
    this.#env.logger.info("deleted a role", { "role-name": name });
  }

  #roleGrantPermission(request: rpc.AuthRoleGrantPermissionRequest): void {
    const given = request.perm;
    if (given === undefined) throw EtcdError.of("PermissionNotGiven");
    if (!isValidPermissionRange(keyString(given.key), keyString(given.rangeEnd))) {
      throw EtcdError.of("InvalidAuthManagement");
    }
    const role = this.#role(request.name);
    const list = [...role.keyPermission];
    // Only the first permission of the same key is looked at, as etcd does; the rows have to come out alike.
    const first = list.findIndex((known) => compareBytes(known.key, given.key) >= 0);
    const known = list[first];
    if (known !== undefined && equalBytes(known.key, given.key) && equalBytes(known.rangeEnd, given.rangeEnd)) {
      list[first] = { ...known, permType: given.permType };
    } else {
      // Copies: what was decoded may be a window on a whole request.
      list.push({ permType: given.permType, key: given.key.slice(), rangeEnd: given.rangeEnd.slice() });
      list.sort((a, b) => compareBytes(a.key, b.key));
    }
    this.#putRole({ ...role, keyPermission: list });
    this.#bump();
    this.#env.logger.info("granted/updated a permission to a user", { "role-name": request.name });
  }

  #roleRevokePermission(request: rpc.AuthRoleRevokePermissionRequest): void {
    const role = this.#role(request.role);
    const kept = role.keyPermission.filter(
      (known) => !equalBytes(known.key, request.key) || !equalBytes(known.rangeEnd, request.rangeEnd),
    );
    if (kept.length === role.keyPermission.length) throw EtcdError.of("PermissionNotGranted");
    this.#putRole({ ...role, keyPermission: kept });
    this.#bump();
    this.#env.logger.info("revoked a permission on range", { "role-name": request.role });
  }

  #user(name: string): auth.User {
    const user = this.#users.get(name);
    if (user === undefined) throw EtcdError.of("UserNotFound");
    return user;
  }

  #role(name: string): auth.Role {
    const role = this.#roles.get(name);
    if (role === undefined) throw EtcdError.of("RoleNotFound");
    return role;
  }

  #putUser(user: auth.User): void {
    this.#users.set(utf8String(user.name), user);
    this.#store.put("authUsers", user.name, auth.encodeUser(user));
  }

  #putRole(role: auth.Role): void {
    this.#roles.set(utf8String(role.name), role);
    this.#store.put("authRoles", role.name, auth.encodeRole(role));
  }

  #passwordOf(request: { password: string; hashedPassword: string }): Uint8Array {
    if (request.password !== "" && request.hashedPassword === "") {
      return utf8(this.#options.hasher.hashSync(request.password, this.#cost));
    }
    const hash = decodeBase64(request.hashedPassword);
    if (hash === undefined) throw noPasswordUser();
    return hash;
  }

  /** Ends a change: what was worked out from the old state is forgotten, and requests made at it are refused. */
  #bump(): void {
    this.#grants.clear();
    this.#revision++;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#revision));
    this.#store.put("auth", REVISION, bytes);
  }

  #refuse(message: string, fields: Record<string, unknown>): EtcdError {
    this.#env.logger.error(message, fields);
    return EtcdError.of("InvalidAuthManagement");
  }

  /** Names in the order of the bucket's keys. */
  #sorted(rows: ReadonlyMap<string, unknown>): string[] {
    return [...rows.keys()].sort(byUtf8);
  }
}

function tokensOf(options: AuthOptions, env: Env): Tokens {
  switch (options.tokens?.kind) {
    case "jwt":
      return new JwtTokens(options.tokens.keys, options.tokens.ttlSeconds, env);
    case "none":
      return new NoTokens();
    default:
      return new SimpleTokens(options.tokenTtlSeconds, env);
  }
}

function hasRootRole(user: auth.User): boolean {
  return user.roles.includes(ROOT);
}

function noPasswordUser(): EtcdError {
  return EtcdError.raw(Code.Unknown, "auth: authentication failed, password was given for no password user");
}

function readRevision(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
}

/** Standard base64 with padding; line ends are passed over. Undefined for anything else. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/[\r\n]/g, "");
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return undefined;
  return Buffer.from(bare, "base64");
}

/** Order of the names' bytes; JavaScript's own order differs beyond U+FFFF. */
function byUtf8(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}
