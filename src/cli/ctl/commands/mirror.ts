import { kv, rpc } from "../../../wire/proto/index.ts";
import { ExitCode, fail } from "../../command/io.ts";
import { bytesOf, textOf } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { rangeOf } from "../keys.ts";
import { askUser, dial, open, type Session } from "../session.ts";
import { Watching } from "../watching.ts";

const pageKeys = 1000;
const reportMs = 30_000;

/** Copies all keys, then every change, to another cluster until something goes wrong. */
export async function makeMirror(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "make-mirror takes one destination argument");
  const user = await askUser(io, flags.string("dest-user"), flags.string("dest-password"), "Destination Password: ");
  const destination = await dial(io, {
    endpoints: [args[0]!],
    dialTimeoutMs: flags.durationMs("dial-timeout"),
    keepaliveTimeMs: flags.durationMs("keepalive-time"),
    keepaliveTimeoutMs: flags.durationMs("keepalive-timeout"),
    sendBytesMax: flags.number("max-request-bytes"),
    receiveBytesMax: flags.number("max-recv-bytes"),
    tls: {
      cert: flags.string("dest-cert"),
      key: flags.string("dest-key"),
      cacert: flags.string("dest-cacert"),
      insecureTransport: flags.bool("dest-insecure-transport"),
      skipVerify: false,
      serverName: "",
    },
    user,
  });
  const { session: source } = await open(call);
  if (flags.bool("no-dest-prefix") && flags.string("dest-prefix") !== "") {
    fail(io, ExitCode.BadArgs, "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one");
  }
  const mirror = new Mirror(source, destination, call);
  const report = setInterval(() => io.out(`${mirror.total}\n`), reportMs);
  try {
    await mirror.run();
  } catch (error) {
    fail(io, ExitCode.Error, error);
  } finally {
    clearInterval(report);
  }
  fail(io, ExitCode.Error, "<nil>");
}

class Mirror {
  readonly #source: Session;
  readonly #destination: Session;
  readonly #prefix: string;
  #newPrefix: string;
  readonly #noPrefix: boolean;
  readonly #operationsMax: number;
  #revision: number;
  /** Keys put and deleted so far. */
  total = 0;

  constructor(source: Session, destination: Session, { flags }: Invocation) {
    this.#source = source;
    this.#destination = destination;
    this.#prefix = flags.string("prefix");
    this.#newPrefix = flags.string("dest-prefix");
    this.#noPrefix = flags.bool("no-dest-prefix");
    this.#operationsMax = flags.number("max-txn-ops");
    this.#revision = Math.max(0, flags.number("rev") - 1);
  }

  async run(): Promise<void> {
    if (this.#revision === 0) await this.#copy();
    await this.#follow();
  }

  /** Everything as of one revision, a page at a time. */
  async #copy(): Promise<void> {
    const probe = rpc.createRangeRequest({ key: bytesOf(this.#prefix === "" ? "foo" : this.#prefix) });
    this.#revision = (await this.#range(probe)).header?.revision ?? 0;
    if (!this.#noPrefix && this.#newPrefix === "") this.#newPrefix = this.#prefix;
    const range = rangeOf(this.#prefix, undefined, true, false);
    for (let key = range.key; ; ) {
      const page = await this.#range(
        rpc.createRangeRequest({ key, rangeEnd: range.rangeEnd, limit: pageKeys, revision: this.#revision }),
      );
      for (const encoded of page.kvs) {
        const pair = kv.decodeKeyValue(encoded);
        const request = rpc.createPutRequest({ key: this.#rename(pair.key), value: pair.value });
        await this.#destination.call("KV/Put", [rpc.PutRequest, request], rpc.PutResponse);
        this.total++;
      }
      if (!page.more) return;
      key = Buffer.concat([kv.decodeKeyValue(page.kvs.at(-1)!).key, Buffer.of(0)]);
    }
  }

  /** Changes of one revision stay together, if the destination takes that many operations at once. */
  async #follow(): Promise<void> {
    const range = rangeOf(this.#prefix, undefined, true, false);
    let failure: unknown;
    const wish = { ...range, startRevision: this.#revision + 1, prevKv: false, progressNotify: false };
    await new Promise<void>((resolve) => {
      void new Watching(this.#source)
        .watch(wish, async ({ response, failure: why }) => {
          if (failure !== undefined) return;
          try {
            if (response.compactRevision !== 0)
              throw new Error("etcdserver: mvcc: required revision has been compacted");
            await this.#apply(response.events);
            if (why !== undefined) throw new Error(why);
          } catch (error) {
            failure = error;
            resolve();
          }
        })
        .then(resolve);
    });
    if (failure !== undefined) throw failure;
  }

  async #apply(events: readonly Uint8Array[]): Promise<void> {
    let revision = 0;
    let operations: rpc.RequestOp[] = [];
    const flush = async () => {
      if (operations.length === 0) return;
      const request = rpc.createTxnRequest({ success: operations });
      await this.#destination.call("KV/Txn", [rpc.TxnRequest, request], rpc.TxnResponse);
      operations = [];
    };
    for (const bytes of events) {
      const event = kv.decodeEvent(bytes);
      const pair = kv.decodeKeyValue(event.kv ?? new Uint8Array(0));
      if ((revision !== 0 && pair.modRevision > revision) || operations.length === this.#operationsMax) await flush();
      revision = pair.modRevision;
      const key = this.#rename(pair.key);
      operations.push(
        event.type === kv.EventType.DELETE
          ? { request: { case: "requestDeleteRange", value: rpc.createDeleteRangeRequest({ key }) } }
          : { request: { case: "requestPut", value: rpc.createPutRequest({ key, value: pair.value }) } },
      );
      this.total++;
    }
    await flush();
  }

  #rename(key: Uint8Array): Uint8Array {
    const rest = textOf(key).slice(this.#prefix.length);
    return bytesOf(this.#newPrefix + rest);
  }

  #range(request: rpc.RangeRequest): Promise<rpc.RangeResponse> {
    return this.#source.call("KV/Range", [rpc.RangeRequest, request], rpc.RangeResponse, { repeatable: true });
  }
}
