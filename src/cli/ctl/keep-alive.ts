import { Code } from "../../base/index.ts";
import { ClientError, type ClientStream } from "../../client/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { CallError, type Session } from "./session.ts";

const path = "/etcdserverpb.Lease/LeaseKeepAlive";

/**
 * Renews a lease each third of its time to live and gives every answer. Ends when the lease is gone, or when it must be
 * taken for gone because nobody answered for its whole time to live.
 */
export class KeepAlive {
  readonly #session: Session;
  readonly #id: bigint;
  readonly #answers: rpc.LeaseKeepAliveResponse[] = [];
  #wake: (() => void) | undefined;
  #stopped = false;
  /** When the lease runs out if nothing more is heard of it; unknown before the first answer. */
  #deadlineMs = Number.POSITIVE_INFINITY;
  #failure: Error | undefined;

  constructor(session: Session, id: bigint) {
    this.#session = session;
    this.#id = id;
    void this.#run();
  }

  /** One renewal. Rejects when there is no such lease. */
  static once(session: Session, id: bigint): Promise<rpc.LeaseKeepAliveResponse> {
    return new Promise((resolve, reject) => {
      const refuse = (error: unknown) => reject(new CallError(ClientError.from(error)));
      session.client
        .stream(path, {
          onMessage(bytes) {
            const answer = rpc.decodeLeaseKeepAliveResponse(bytes);
            if (answer.TTL > 0) resolve(answer);
            else refuse(new ClientError(Code.NotFound, "etcdserver: requested lease not found"));
          },
          onEnd: ({ code, message }) => refuse(new ClientError(code, message)),
        })
        .then((stream) => stream.send(rpc.encodeLeaseKeepAliveRequest({ ID: id })), refuse);
    });
  }

  /** Renews no more. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<rpc.LeaseKeepAliveResponse, void> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) yield answer;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#stopped) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#stream().catch(() => undefined);
      if (performance.now() >= this.#deadlineMs) this.stop();
      // The connection is gone: try again for as long as the lease may live.
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** One stream from its opening to its end. */
  async #stream(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let stream: ClientStream | undefined;
    let over!: () => void;
    const end = new Promise<void>((resolve) => {
      over = resolve;
    });
    const ask = () => stream?.send(rpc.encodeLeaseKeepAliveRequest({ ID: this.#id }));
    stream = await this.#session.client.stream(
      path,
      {
        onMessage: (bytes) => {
          const answer = rpc.decodeLeaseKeepAliveResponse(bytes);
          if (answer.TTL <= 0) this.stop();
          else {
            this.#answers.push(answer);
            this.#deadlineMs = performance.now() + answer.TTL * 1000;
            timer = setTimeout(ask, (answer.TTL * 1000) / 3);
          }
          this.#wake?.();
          if (this.#stopped) over();
        },
        onEnd: ({ code, message }) => {
          if (code !== Code.Unavailable && code !== Code.Canceled && code !== Code.OK) {
            this.#failure = new CallError(new ClientError(code, message));
            this.stop();
          }
          over();
        },
      },
      [["hasleader", "true"]],
    );
    ask();
    await end;
    clearTimeout(timer);
    stream.cancel();
  }
}
