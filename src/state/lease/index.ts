export { LeaseExpiry, type LeaseExpiryHooks } from "./expiry.ts";
export { isNotPrimary, LEASE_TTL_MAX_SECONDS, Lessor, minimumTtlSeconds, notPrimary } from "./lessor.ts";
export type {
  Checkpointer,
  LeaseAttacher,
  LeaseCheckpoint,
  LeaseDeleter,
  LeaseStore,
  LeaseView,
  LessorOptions,
} from "./types.ts";
