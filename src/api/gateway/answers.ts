import { Code } from "../../base/index.ts";
import type { Status } from "../../wire/grpc/index.ts";
import type { MethodDescriptor } from "../../wire/proto/index.ts";
import { encodeJson } from "./json/index.ts";
import type { LocalSink } from "./local-call.ts";
import { errorBody, httpStatus } from "./status.ts";

/** Writes the answers of calls as grpc-gateway's runtime does: status, header fields, body, trailers. */

/** What an answer is written to: node:http's `ServerResponse`, as far as it is used here. */
export interface HttpAnswer {
  readonly headersSent: boolean;
  readonly writableNeedDrain: boolean;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, fields?: Record<string, string | number>): unknown;
  write(text: string): unknown;
  addTrailers(fields: Record<string, string>): unknown;
  end(text?: string): unknown;
}

/** How an error is told. */
export interface ErrorForm {
  /** The client takes trailers (`TE: trailers`) and the call got as far as being made: the body then comes in chunks. */
  readonly trailers: boolean;
  /** The error is the method's own answer, which has a trailer to pass on. */
  readonly answered?: boolean;
}

const jsonType = { "Content-Type": "application/json" } as const;
const grpcType = "application/grpc";
/** Names as Go's server spells them. */
const answeredFields = { ...jsonType, "Grpc-Metadata-Content-Type": grpcType } as const;
const trailerName = "Grpc-Trailer-Content-Type";
const unmarshalable = '{"code": 13, "message": "failed to marshal error message"}';

/** Sends an error instead of any message. */
export function sendError(response: HttpAnswer, outcome: Status, form: ErrorForm): void {
  if (response.headersSent) return;
  if (outcome.code === Code.Unauthenticated) {
    response.setHeader("Www-Authenticate", outcome.message.replace(/[^\x20-\x7e]/g, " "));
  }
  const body = errorBody(outcome);
  if (!form.trailers) {
    sendWhole(response, httpStatus(outcome.code), body);
    return;
  }
  if (form.answered === true) response.setHeader("Trailer", trailerName);
  sendInChunks(response, httpStatus(outcome.code), jsonType, body);
  if (form.answered === true) response.addTrailers({ [trailerName]: grpcType });
  response.end();
}

/** Sends an error whose text came with the request, as latin1; Go prints only what is UTF-8. */
export function sendHeadError(response: HttpAnswer, latin1: string): void {
  let message: string;
  try {
    message = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(latin1, "latin1"));
  } catch {
    sendWhole(response, 500, unmarshalable);
    return;
  }
  sendError(response, { code: Code.InvalidArgument, message }, { trailers: false });
}

/** The answer of a method that takes one message and gives one. */
export function unaryAnswer(method: MethodDescriptor, response: HttpAnswer, trailers: boolean): LocalSink {
  let body: string | undefined;
  return {
    message: (bytes) => {
      body = encodeJson(method.output, method.output.decode(bytes));
    },
    end: (outcome, by) => {
      if (response.headersSent) return;
      if (outcome.code !== Code.OK || body === undefined) {
        sendError(response, outcome, { trailers, answered: by === "method" });
      } else if (trailers) {
        sendInChunks(response, 200, answeredFields, body);
        response.end();
      } else {
        sendWhole(response, 200, body, answeredFields);
      }
    },
    writable: () => true,
  };
}

/** The answers of a method that gives a stream: a line each, and a last one for an error. */
export function streamAnswer(method: MethodDescriptor, response: HttpAnswer): LocalSink {
  return {
    message: (bytes) => {
      if (!response.headersSent) response.writeHead(200, answeredFields);
      response.write(`${resultLine(method, bytes)}\n`);
    },
    end: (outcome) => {
      if (outcome.code === Code.OK) {
        if (!response.headersSent) response.writeHead(200);
        response.end();
        return;
      }
      if (!response.headersSent) response.writeHead(httpStatus(outcome.code), jsonType);
      response.end(`${errorLine(outcome)}\n`);
    },
    writable: () => !response.writableNeedDrain,
  };
}

/** A message of a stream. */
export function resultLine(method: MethodDescriptor, bytes: Uint8Array): string {
  return `{"result":${encodeJson(method.output, method.output.decode(bytes))}}`;
}

/** The last words of a stream that failed. */
export function errorLine(outcome: Status): string {
  return `{"error":${errorBody(outcome)}}`;
}

function sendWhole(
  response: HttpAnswer,
  code: number,
  body: string,
  fields: Readonly<Record<string, string>> = jsonType,
): void {
  response.writeHead(code, { ...fields, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** Leaves the answer open, for trailers. Without a length node:http sends chunks, or to a client of HTTP/1.0 all until the end. */
function sendInChunks(
  response: HttpAnswer,
  code: number,
  fields: Readonly<Record<string, string>>,
  body: string,
): void {
  response.writeHead(code, fields);
  response.write(body);
}
