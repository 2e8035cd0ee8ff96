import type { Member } from "../../server/index.ts";
import { type rpc, sizeDelimited, sizeId, sizeInt64, sizeUint64, Writer } from "../../wire/proto/index.ts";

/** Tag of field 1, length-delimited: the header in every response. */
const headerTag = 0x0a;

/**
 * Encodes response headers. Cluster and member never change and the term seldom, so what is written anew is the
 * revision; the last few results are kept, since all reads between two writes carry the same header.
 *
 *     0a len  08 cluster_id  10 member_id  18 revision  20 raft_term
 */
export class HeaderEncoder {
  readonly #clusterId: bigint;
  readonly #memberId: bigint;
  /** The two ids as they stand in every header: their varints are the costly part, and never change. */
  readonly #ids: Uint8Array;
  #revision = -1;
  #term = -1;
  #field: Uint8Array = new Uint8Array(0);

  constructor(member: Pick<Member, "clusterId" | "memberId">) {
    this.#clusterId = member.clusterId;
    this.#memberId = member.memberId;
    this.#ids = encode(member.clusterId, member.memberId, 0, 0).slice(2);
  }

  /** The header as field 1 of a response, tag and length included. Shared: never change it. */
  field(revision: number, term: number): Uint8Array {
    if (revision !== this.#revision || term !== this.#term) {
      this.#field = this.#encode(revision, term);
      this.#revision = revision;
      this.#term = term;
    }
    return this.#field;
  }

  /** The same for a header made elsewhere; headers of other members (a proxy's) are encoded as they are. */
  fieldOf(header: rpc.ResponseHeader | undefined): Uint8Array {
    if (header === undefined) return emptyField;
    if (header.clusterId === this.#clusterId && header.memberId === this.#memberId) {
      return this.field(header.revision, header.raftTerm);
    }
    return encode(header.clusterId, header.memberId, header.revision, header.raftTerm);
  }

  #encode(revision: number, term: number): Uint8Array {
    const ids = this.#ids;
    let size = ids.length;
    if (revision !== 0) size += 1 + sizeInt64(revision);
    if (term !== 0) size += 1 + sizeUint64(term);
    const w = Writer.of(1 + sizeDelimited(size));
    w.byte(headerTag);
    w.uint32(size);
    w.raw(ids);
    writeNumbers(w, revision, term);
    return w.finish();
  }
}

const emptyField = new Uint8Array(0);

function encode(clusterId: bigint, memberId: bigint, revision: number, term: number): Uint8Array {
  let size = 0;
  if (clusterId !== 0n) size += 1 + sizeId(clusterId);
  if (memberId !== 0n) size += 1 + sizeId(memberId);
  if (revision !== 0) size += 1 + sizeInt64(revision);
  if (term !== 0) size += 1 + sizeUint64(term);
  const w = Writer.of(1 + sizeDelimited(size));
  w.byte(headerTag);
  w.uint32(size);
  if (clusterId !== 0n) {
    w.byte(0x08);
    w.id(clusterId);
  }
  if (memberId !== 0n) {
    w.byte(0x10);
    w.id(memberId);
  }
  writeNumbers(w, revision, term);
  return w.finish();
}

function writeNumbers(w: Writer, revision: number, term: number): void {
  if (revision !== 0) {
    w.byte(0x18);
    w.int64(revision);
  }
  if (term !== 0) {
    w.byte(0x20);
    w.uint64(term);
  }
}
