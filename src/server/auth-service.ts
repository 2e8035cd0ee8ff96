import { Code, EtcdError, keyString } from "../base/index.ts";
import type { AuthStore, LeaseKeys, Principal } from "../state/auth/index.ts";
import { internal, type rpc } from "../wire/proto/index.ts";
import type { Command, CommandKind } from "./command.ts";

/** What the auth service needs of its member. */
interface AuthHost {
  readonly leases: LeaseKeys;
  linearizable(): Promise<void> | undefined;
  propose<R>(command: Command, by?: Principal): Promise<R>;
}

/** Metadata of a call, as far as it tells who calls. */
interface CallMetadata {
  get(name: string): string | undefined;
}

/**
 * Users, roles and permissions at the member's door: finds out who calls, checks what is decided before the log, and
 * carries the requests of the Auth service through the log. Passwords are hashed and compared here, so that the log and
 * its appliers never see one.
 */
export class AuthService {
  readonly store: AuthStore;
  readonly #host: AuthHost;
  /** Flag client-cert-auth: a verified certificate's common name is the user of a call without a token. */
  readonly #commonNames: boolean;

  constructor(store: AuthStore, host: AuthHost, commonNames: boolean) {
    this.store = store;
    this.#host = host;
    this.#commonNames = commonNames;
  }

  /** Who calls; undefined while authentication is off or when nobody says. Throws InvalidAuthToken. */
  principal(metadata: CallMetadata, peer: { readonly commonName?: string | undefined }): Principal | undefined {
    if (!this.store.enabled) return undefined;
    const token = metadata.get("token") ?? metadata.get("authorization");
    if (token === undefined) {
      return this.#commonNames && peer.commonName !== undefined && peer.commonName !== ""
        ? this.store.principalOfCommonName(peer.commonName)
        : undefined;
    }
    const principal = this.store.principal(token);
    if (principal instanceof Promise) {
      principal.catch(() => {});
      throw EtcdError.of("InvalidAuthToken");
    }
    return principal;
  }

  /** A promise when the token is from an entry of the log that is not applied here yet; undefined when `principal` may be asked. */
  ready(metadata: CallMetadata): Promise<void> | undefined {
    if (!this.store.enabled) return undefined;
    const token = metadata.get("token") ?? metadata.get("authorization");
    if (token === undefined) return undefined;
    const waiting = this.store.tokenReady(token);
    // Whoever waited in vain is told what is wrong with the token.
    return waiting?.catch(() => {});
  }

  requireUser(by: Principal | undefined): void {
    this.store.checkAnyone(by);
  }

  requireRoot(by: Principal | undefined): void {
    this.store.checkRoot(by);
  }

  requireRead(by: Principal | undefined, key: Uint8Array, end: Uint8Array): void {
    if (this.store.enabled) this.store.checkRead(by, keyString(key), keyString(end));
  }

  requireTxn(by: Principal | undefined, request: unknown): void {
    this.store.checkTxn(by, request as rpc.TxnRequest, this.#host.leases);
  }

  requireLeaseWrite(by: Principal | undefined, lease: bigint): void {
    this.store.checkLeaseWrite(by, lease, this.#host.leases);
  }

  requireLeaseRead(by: Principal | undefined, lease: bigint): void {
    this.store.checkLeaseRead(by, lease, this.#host.leases);
  }

  /** Serves a method of the Auth service by its name. */
  async call(method: string, request: unknown, by: Principal | undefined): Promise<unknown> {
    switch (method) {
      case "Authenticate":
        return this.#authenticate(request as rpc.AuthenticateRequest);
      case "UserAdd": {
        const add = request as rpc.AuthUserAddRequest;
        if (add.name === "") throw EtcdError.of("UserEmpty");
        return this.#propose("authUserAdd", await this.store.prepareUserAdd(add), by);
      }
      case "UserChangePassword":
        return this.#propose(
          "authUserChangePassword",
          await this.store.prepareUserChangePassword(request as rpc.AuthUserChangePasswordRequest),
          by,
        );
      default: {
        const kind = method.startsWith("Auth") ? `a${method.slice(1)}` : `auth${method}`;
        if (!knownKinds.has(kind)) throw EtcdError.raw(Code.Unimplemented, `unknown method ${method}`);
        return this.#propose(kind as CommandKind, request, by);
      }
    }
  }

  #propose(kind: CommandKind, value: unknown, by: Principal | undefined): Promise<unknown> {
    return this.#host.propose({ kind, value } as Command, by);
  }

  /** The password is checked here; the entry carries only the name and the token. Starts over when users changed meanwhile. */
  async #authenticate(request: rpc.AuthenticateRequest): Promise<rpc.AuthenticateResponse> {
    for (;;) {
      await this.#host.linearizable();
      const revision = await this.store.checkPassword(request.name, request.password);
      const value = internal.createInternalAuthenticateRequest({
        name: request.name,
        simpleToken: this.store.tokenPrefix(),
      });
      const response = await this.#host.propose<rpc.AuthenticateResponse>({ kind: "authenticate", value });
      if (revision === this.store.revision) return response;
    }
  }
}

const knownKinds: ReadonlySet<string> = new Set(
  internal.InternalRaftRequest.fields.map((field) => field.property).filter((property) => property.startsWith("auth")),
);
