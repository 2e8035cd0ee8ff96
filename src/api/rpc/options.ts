import type { Principal } from "../../server/index.ts";
import type { Metadata, MethodRegistry, Peer } from "../../wire/grpc/index.ts";

/** A running SHA-256; given in, since hashing is the platform's. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/**
 * Decides who may do what. Absent while a member has no authentication: then everybody may do everything.
 * Each method throws the `EtcdError` that the client is to see.
 */
export interface Authorizer {
  /** Who calls; undefined while authentication is off. Throws InvalidAuthToken, AuthOldRevision. */
  principal(metadata: Metadata, peer: Peer): Principal | undefined;
  /** A promise when `principal` cannot be asked yet: another member made the token, and word of it is on its way. */
  ready?(metadata: Metadata): Promise<void> | undefined;
  /** Requires some user when authentication is on. */
  requireUser(by: Principal | undefined): void;
  /** Requires the root role when authentication is on. */
  requireRoot(by: Principal | undefined): void;
  /** Requires read permission on a range. */
  requireRead(by: Principal | undefined, key: Uint8Array, end: Uint8Array): void;
  /** Requires what every operation of a transaction needs; only read-only ones are checked here, others at apply. */
  requireTxn(by: Principal | undefined, request: unknown): void;
  /** Requires write permission on every key of a lease. */
  requireLeaseWrite(by: Principal | undefined, lease: bigint): void;
  /** Requires read permission on every key of a lease. */
  requireLeaseRead(by: Principal | undefined, lease: bigint): void;
}

/** The Auth service's work, by method name (`UserAdd`, ...): decoded request in, response out. */
export interface AuthBackend {
  call(method: string, request: unknown, by: Principal | undefined): Promise<unknown>;
}

export interface RpcOptions {
  /** Flag election-timeout; streams that require a leader are cancelled after three of them without one. */
  readonly electionMs: number;
  readonly sha256: () => Sha256;
  /** Flag warning-unary-request-duration: a unary call that takes longer is logged. Default 300. */
  readonly warningUnaryMs?: number | undefined;
  readonly authorizer?: Authorizer | undefined;
  readonly auth?: AuthBackend | undefined;
  /** Gate StopGRPCServiceOnDefrag: report NOT_SERVING while a defragmentation runs. */
  readonly stopServingOnDefrag?: boolean | undefined;
  /** Adds services that live elsewhere (lock, election) behind the same checks as ours. */
  readonly more?: ((registry: MethodRegistry) => void) | undefined;
}
