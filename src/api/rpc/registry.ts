import { Code } from "../../base/index.ts";
import type { Member, Outcome, Waiter } from "../../server/index.ts";
import {
  type Call,
  GrpcError,
  type MethodDefinition,
  type MethodRegistry,
  type Reply,
  type ServerStream,
  type UnaryServerCall,
} from "../../wire/grpc/index.ts";
import {
  DecodeError,
  type MessageCodec,
  type MethodDescriptor,
  type ServiceDescriptor,
} from "../../wire/proto/index.ts";
import type { Guard } from "./guard.ts";
import type { HeaderEncoder } from "./header.ts";
import type { RpcOptions } from "./options.ts";
import type { Observe, RequestTimes } from "./request-times.ts";

/** What every service works with. */
export interface Surroundings {
  readonly member: Member;
  readonly options: RpcOptions;
  readonly guard: Guard;
  readonly headers: HeaderEncoder;
  readonly times: RequestTimes;
  /** Lets everybody else have a turn before long work goes on. */
  readonly nextTurn: () => Promise<void>;
}

/** Answers one decoded request. */
export type Handle<Request> = (request: Request, call: Call) => Reply | Promise<Reply>;

/** A waiter that also takes what is refused for other reasons than an entry's. */
export interface Answer extends Waiter {
  refused(error: unknown): void;
}

/** Hands a request, which came as `encoded`, to the log; `answer` ends the call when its entry is applied. Throwing ends it at once. */
export type Submit<Request> = (request: Request, call: Call, answer: Answer, encoded: Uint8Array) => void;

/** Whether a learner answers this request. */
type ForLearner<Request> = (request: Request) => boolean;

const never = () => false;

/** A damaged message in the words of Go's protobuf, which has but three. */
export function decodeFault(error: DecodeError): string {
  switch (error.code) {
    case "Utf8":
      return "string field contains invalid UTF-8";
    case "Depth":
      return "proto: exceeded maximum recursion depth";
    default:
      return "proto: cannot parse invalid wire-format data";
  }
}

/** Decodes what a client sent; refuses it in grpc-go's words. */
export function decodeRequest<Request>(decode: (bytes: Uint8Array) => Request, bytes: Uint8Array): Request {
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new GrpcError(Code.Internal, `grpc: error unmarshalling request: ${decodeFault(error)}`);
  }
}

/** What all requests of one logged method have in common. */
interface LoggedKind<Request, Response> {
  readonly times: RequestTimes;
  readonly input: MessageCodec<unknown>;
  readonly encode: (response: Response) => Reply;
  readonly observe: Observe<Request> | undefined;
}

/** Answers a call with what becomes of its entry. */
class LoggedAnswer<Request, Response> implements Answer {
  readonly #kind: LoggedKind<Request, Response>;
  readonly #request: Request;
  readonly #call: UnaryServerCall;
  readonly #startMs: number;

  constructor(kind: LoggedKind<Request, Response>, request: Request, call: UnaryServerCall) {
    this.#kind = kind;
    this.#request = request;
    this.#call = call;
    this.#startMs = kind.times.nowMs();
  }

  settled(outcome: Outcome): void {
    if (outcome.error !== undefined) {
      this.refused(outcome.error);
      return;
    }
    const reply = this.#kind.encode(outcome.response as Response);
    this.#finish(reply);
    this.#call.answer(reply);
  }

  refused(error: unknown): void {
    this.#finish(undefined);
    this.#call.refuse(error);
  }

  #finish(reply: Reply | undefined): void {
    const { times, input, observe } = this.#kind;
    const seconds = times.finish(this.#call, this.#startMs, input, this.#request, reply);
    observe?.(this.#request, seconds, reply !== undefined);
  }
}

/** Registers the methods of one service, each behind the guard. */
export class ServiceRegistry {
  readonly #registry: MethodRegistry;
  readonly #guard: Guard;
  readonly #times: RequestTimes;
  readonly #service: ServiceDescriptor;

  constructor(registry: MethodRegistry, around: Surroundings, service: ServiceDescriptor) {
    this.#registry = registry;
    this.#guard = around.guard;
    this.#times = around.times;
    this.#service = service;
  }

  descriptor(method: string): MethodDescriptor {
    const found = this.#service.methods.find(({ name }) => name === method);
    if (found === undefined) throw new RangeError(`${this.#service.typeName} has no method ${method}`);
    return found;
  }

  unary<Request>(
    method: string,
    decode: (bytes: Uint8Array) => Request,
    handle: Handle<Request>,
    forLearner: ForLearner<Request> = never,
    observe?: Observe<Request>,
  ): void {
    const times = this.#times;
    const { input } = this.descriptor(method);
    this.#register(method, decode, forLearner, (request, call) => {
      const startMs = times.nowMs();
      const ended = (reply?: Reply): void => {
        const seconds = times.finish(call, startMs, input, request, reply);
        observe?.(request, seconds, reply !== undefined);
      };
      let reply: Reply | Promise<Reply>;
      try {
        reply = handle(request, call);
      } catch (error) {
        ended();
        throw error;
      }
      if (reply instanceof Promise) reply.then(ended, () => ended());
      else ended(reply);
      return reply;
    });
  }

  /** A unary method whose requests go through the log: no promise lies between the applied entry and the answer. */
  logged<Request, Response>(
    method: string,
    decode: (bytes: Uint8Array) => Request,
    submit: Submit<Request>,
    encode: (response: Response) => Reply,
    observe?: Observe<Request>,
  ): void {
    const { input } = this.descriptor(method);
    const kind: LoggedKind<Request, Response> = { times: this.#times, input, encode, observe };
    this.#register(method, decode, never, (request, call, encoded) => {
      const answer = new LoggedAnswer(kind, request, call);
      try {
        submit(request, call, answer, encoded);
      } catch (error) {
        answer.refused(error);
      }
      return undefined;
    });
  }

  /** Puts decoding and the guard in front of `run`. */
  #register<Request>(
    method: string,
    decode: (bytes: Uint8Array) => Request,
    forLearner: ForLearner<Request>,
    run: (request: Request, call: UnaryServerCall, encoded: Uint8Array) => Reply | Promise<Reply> | undefined,
  ): void {
    const guard = this.#guard;
    this.#registry.register(this.#service.typeName, method, {
      kind: "unary",
      handler: (call, bytes) => {
        const request = decodeRequest(decode, bytes);
        guard.unary(call, forLearner(request));
        const known = guard.ready(call);
        return known === undefined ? run(request, call, bytes) : known.then(() => run(request, call, bytes));
      },
    });
  }

  /** A unary method whose answer is encoded by its generated codec. */
  simple<Request, Response>(
    method: string,
    handle: (request: Request, call: Call) => Response | Promise<Response>,
    forLearner: ForLearner<Request> = never,
  ): void {
    const { input, output } = this.descriptor(method);
    this.unary<Request>(
      method,
      (bytes) => input.decode(bytes) as Request,
      (request, call) => {
        const response = handle(request, call);
        return response instanceof Promise ? response.then((done) => output.encode(done)) : output.encode(response);
      },
      forLearner,
    );
  }

  serverStream<Request>(
    method: string,
    decode: (bytes: Uint8Array) => Request,
    handle: (stream: ServerStream, request: Request) => void | Promise<void>,
    forLearner = false,
  ): void {
    const guard = this.#guard;
    this.#registry.register(this.#service.typeName, method, {
      kind: "serverStream",
      handler: (stream, bytes) => {
        const request = decodeRequest(decode, bytes);
        guard.stream(stream, forLearner);
        const known = guard.ready(stream);
        return known === undefined ? handle(stream, request) : known.then(() => handle(stream, request));
      },
    });
  }

  bidi(method: string, handle: (stream: ServerStream) => void | Promise<void>): void {
    const guard = this.#guard;
    this.#registry.register(this.#service.typeName, method, {
      kind: "bidi",
      handler: (stream) => {
        guard.stream(stream, false);
        return handle(stream);
      },
    });
  }
}

/** A registry that puts the guard in front of methods registered by others. */
export function guarded(registry: MethodRegistry, guard: Guard): MethodRegistry {
  return {
    register(service, method, definition) {
      registry.register(service, method, guardDefinition(definition, guard));
    },
  };
}

function guardDefinition(definition: MethodDefinition, guard: Guard): MethodDefinition {
  switch (definition.kind) {
    case "unary":
      return {
        kind: "unary",
        handler: (call, bytes) => {
          guard.unary(call, false);
          return definition.handler(call, bytes);
        },
      };
    case "serverStream":
      return {
        kind: "serverStream",
        handler: (stream, bytes) => {
          guard.stream(stream, false);
          return definition.handler(stream, bytes);
        },
      };
    default:
      return {
        kind: definition.kind,
        handler: (stream) => {
          guard.stream(stream, false);
          return definition.handler(stream);
        },
      };
  }
}
