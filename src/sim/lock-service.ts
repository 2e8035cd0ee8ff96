import { registerLock } from "../api/rpc/index.ts";
import { Code, keyBytes, keyString, prefixEnd } from "../base/index.ts";
import type { ServerMember } from "../server/index.ts";
import type { Call } from "../wire/grpc/index.ts";
import { lock as lockpb } from "../wire/proto/index.ts";
import type { Caller } from "./caller.ts";
import { deleteOf, deleteResponse, leaseId, txnOf, txnResponse } from "./convert.ts";
import type { Process } from "./machine.ts";

type Handler = (call: Call, request: Uint8Array) => Promise<Uint8Array>;

/** What a lock call came to. */
export interface Locked {
  readonly key: string;
  readonly revision: number;
}

export function lockRange(name: string): { prefix: string; end: string } {
  const prefix = `${name}/`;
  return { prefix, end: prefixEnd(prefix) };
}

/**
 * The lock service of one process: the production handler, on top of the member. What it writes on behalf of its caller goes into
 * the record like any other call.
 */
export class LockService {
  readonly #handlers = new Map<string, Handler>();

  constructor(process: Process, member: ServerMember, caller: Caller, client: string) {
    registerLock(
      {
        register: (_service: string, method: string, { handler }: { handler: Handler }) => {
          this.#handlers.set(method, handler);
        },
      } as never,
      {
        watchHub: member.watchHub,
        header: (revision) => member.header(revision),
        linearizable: () => member.linearizable(),
        range: (request) => member.range(request),
        leaseGrant: () => Promise.reject(new Error("callers bring their own lease")),
        txn: (request) => {
          const asked = txnOf(request);
          return caller.record(process, client, asked, member.txn(request), (m) => txnResponse(m, asked));
        },
        deleteRange: (request) => {
          const asked = deleteOf(request);
          return caller.record(process, client, asked, member.deleteRange(request), (m) => deleteResponse(m, asked));
        },
      },
    );
  }

  /** `cancel` is the caller's going away. */
  lock(name: string, lease: string): { locked: Promise<Locked>; cancel: () => void } {
    const call = {
      metadata: new Map(),
      peer: {},
      cancelled: false,
      onCancel: undefined as ((why: unknown) => void) | undefined,
    };
    const request = lockpb.encodeLockRequest({ name: keyBytes(name), lease: leaseId(lease) });
    const locked = this.#handlers.get("Lock")!(call as never, request).then((bytes) => {
      const { header, key } = lockpb.decodeLockResponse(bytes);
      return { key: keyString(key), revision: header?.revision ?? 0 };
    });
    return { locked, cancel: () => call.onCancel?.({ code: Code.Canceled, message: "context canceled" }) };
  }
}
