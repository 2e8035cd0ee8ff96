import { Code } from "../../base/index.ts";
import type { Status } from "../../wire/grpc/index.ts";

const httpStatuses: Record<number, number> = {
  [Code.OK]: 200,
  [Code.Canceled]: 499,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.Unauthenticated]: 401,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 400,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
};

/** HTTP status of a gRPC code, as grpc-gateway v2 maps it. */
export function httpStatus(code: number): number {
  return httpStatuses[code] ?? 500;
}

/** The gateway's error object: `google.rpc.Status` as JSON, zero fields left out. */
export function errorBody(status: Status): string {
  const body: { code?: number; message?: string } = {};
  if (status.code !== Code.OK) body.code = status.code;
  if (status.message !== "") body.message = status.message;
  return JSON.stringify(body);
}
