/**
 * Integers are decided once, by meaning: what somebody else picks (an identity) is a branded bigint and keeps all 64
 * bits; what only we advance (term, index, revision) is a plain number, safe up to 2^53, checked in the codec.
 */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]?: Name };

/** 64-bit member identity, etcd's `types.ID`; printed as lower-case hex without padding. */
export type MemberId = Brand<bigint, "MemberId">;
/** 64-bit cluster identity. */
export type ClusterId = Brand<bigint, "ClusterId">;
/** Signed 64-bit lease identity as the API carries it; 0 means "no lease". */
export type LeaseId = Brand<bigint, "LeaseId">;
/** Milliseconds of a clock. */
export type Millis = number;

/** Identity as etcd prints it: hex, no padding. Negative 64-bit values print as their unsigned twin. */
export function hexId(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16);
}
