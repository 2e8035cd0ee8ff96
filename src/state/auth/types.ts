import type { Store } from "../../storage/store/index.ts";
import type { internal } from "../../wire/proto/index.ts";
import type { JwtKeys } from "./jwt.ts";

/** What the auth store needs of the store: buckets `auth`, `authUsers`, `authRoles`. */
export type AuthBuckets = Pick<Store, "put" | "delete" | "get" | "visit">;

/** Who asks, and against which revision of the auth store that was found out. */
export interface Principal {
  readonly username: string;
  /** 0 together with an empty name: nobody. */
  readonly authRevision: number;
}

/**
 * bcrypt, handed in. Work happens off the path of the log: the member that receives a request hashes, the entry carries the hash.
 * Both directions take tens of milliseconds on purpose.
 */
export interface PasswordHasher {
  /** The hash as bcrypt's text, `$2a$10$…`. */
  hash(password: string, cost: number): Promise<string>;
  /** Only for entries that an etcd before 3.5 wrote, which hold the password itself. */
  hashSync(password: string, cost: number): string;
  compare(password: string, hash: string): Promise<boolean>;
}

/** Flag auth-token, read by `parseTokenSpec`, with the keys loaded. */
export type AuthTokens =
  | { readonly kind: "simple" | "none" }
  | { readonly kind: "jwt"; readonly keys: JwtKeys; readonly ttlSeconds: number };

export interface AuthOptions {
  readonly hasher: PasswordHasher;
  /** Flag bcrypt-cost, 4 to 31; anything else counts as 10. */
  readonly bcryptCost: number;
  /** Flag auth-token-ttl, for simple tokens; 0 or less counts as 300. */
  readonly tokenTtlSeconds: number;
  /** Left out: simple tokens. */
  readonly tokens?: AuthTokens | undefined;
  /**
   * For a token that another member's log entry made: undefined when that index is applied here, else a promise for it, which the
   * member rejects when it has waited long enough. Left out: nothing is waited for.
   */
  readonly waitApplied?: (index: number) => Promise<void> | undefined;
}

type Requests = Omit<internal.InternalRaftRequest, "header" | "ID">;

/** Any request of the log, named by its field. */
export type AnyCommand = {
  [K in keyof Requests]: { readonly kind: K; readonly value: NonNullable<Requests[K]> };
}[keyof Requests];

/** A request of the log with what its header says of the asker. */
export interface CommandBy extends Principal {
  readonly command: AnyCommand;
}

/** What is asked of the lessor: which keys hang on a lease. */
export interface LeaseKeys {
  lookup(id: bigint): { keys(): string[] } | undefined;
}
