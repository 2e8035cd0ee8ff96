import { Code } from "./code.ts";

/**
 * The one catalogue of what a client may be told: code and etcd 3.7.1's exact text (`etcdserver: ` is put in front).
 * etcd's clients find their error by the text, not by the code, so a text never changes. Two rows carry `Unknown`
 * where etcd's table says otherwise: there etcd sends an error that is no gRPC status, and the wire shows Unknown.
 */
const catalogue = {
  KeyEmpty: [Code.InvalidArgument, "key is not provided"],
  KeyNotFound: [Code.InvalidArgument, "key not found"],
  ValueProvided: [Code.InvalidArgument, "value is provided"],
  LeaseProvided: [Code.InvalidArgument, "lease is provided"],
  TooManyOps: [Code.InvalidArgument, "too many operations in txn request"],
  DuplicateKey: [Code.InvalidArgument, "duplicate key given in txn request"],
  InvalidClientApiVersion: [Code.InvalidArgument, "invalid client api version"],
  InvalidSortOption: [Code.InvalidArgument, "invalid sort option"],
  Compacted: [Code.OutOfRange, "mvcc: required revision has been compacted"],
  FutureRevision: [Code.OutOfRange, "mvcc: required revision is a future revision"],
  NoSpace: [Code.ResourceExhausted, "mvcc: database space exceeded"],
  LeaseNotFound: [Code.NotFound, "requested lease not found"],
  LeaseExists: [Code.FailedPrecondition, "lease already exists"],
  LeaseTtlTooLarge: [Code.OutOfRange, "too large lease TTL"],
  WatchCanceled: [Code.Canceled, "watch canceled"],
  MemberExists: [Code.FailedPrecondition, "member ID already exist"],
  PeerUrlExists: [Code.FailedPrecondition, "Peer URLs already exists"],
  NotEnoughStarted: [Code.Unknown, "re-configuration failed due to not enough started members"],
  MemberBadUrls: [Code.InvalidArgument, "given member URLs are invalid"],
  MemberNotFound: [Code.NotFound, "member not found"],
  MemberNotLearner: [Code.FailedPrecondition, "can only promote a learner member"],
  LearnerNotReady: [Code.FailedPrecondition, "can only promote a learner member which is in sync with leader"],
  TooManyLearners: [Code.FailedPrecondition, "too many learner members in cluster"],
  ClusterIdMismatch: [Code.FailedPrecondition, "cluster ID mismatch"],
  RequestTooLarge: [Code.InvalidArgument, "request is too large"],
  TooManyRequests: [Code.Unknown, "too many requests"],
  RootUserNotExist: [Code.FailedPrecondition, "root user does not exist"],
  RootRoleNotExist: [Code.FailedPrecondition, "root user does not have root role"],
  UserAlreadyExists: [Code.FailedPrecondition, "user name already exists"],
  UserEmpty: [Code.InvalidArgument, "user name is empty"],
  UserNotFound: [Code.FailedPrecondition, "user name not found"],
  RoleAlreadyExists: [Code.FailedPrecondition, "role name already exists"],
  RoleNotFound: [Code.FailedPrecondition, "role name not found"],
  RoleEmpty: [Code.InvalidArgument, "role name is empty"],
  AuthFailed: [Code.InvalidArgument, "authentication failed, invalid user ID or password"],
  PermissionNotGiven: [Code.InvalidArgument, "permission not given"],
  PermissionDenied: [Code.PermissionDenied, "permission denied"],
  RoleNotGranted: [Code.FailedPrecondition, "role is not granted to the user"],
  PermissionNotGranted: [Code.FailedPrecondition, "permission is not granted to the role"],
  AuthNotEnabled: [Code.FailedPrecondition, "authentication is not enabled"],
  InvalidAuthToken: [Code.Unauthenticated, "invalid auth token"],
  InvalidAuthManagement: [Code.InvalidArgument, "invalid auth management"],
  AuthOldRevision: [Code.InvalidArgument, "revision of auth store is old"],
  NoLeader: [Code.Unavailable, "no leader"],
  NotLeader: [Code.FailedPrecondition, "not leader"],
  LeaderChanged: [Code.Unavailable, "leader changed"],
  NotCapable: [Code.FailedPrecondition, "not capable"],
  Stopped: [Code.Unavailable, "server stopped"],
  Timeout: [Code.Unavailable, "request timed out"],
  TimeoutDueToLeaderFail: [Code.Unavailable, "request timed out, possibly due to previous leader failure"],
  TimeoutDueToConnectionLost: [Code.Unavailable, "request timed out, possibly due to connection lost"],
  TimeoutWaitAppliedIndex: [Code.Unavailable, "request timed out, waiting for the applied index took too long"],
  TimeoutLeaderTransfer: [Code.Unknown, "request timed out, leader transfer took too long"],
  UnhealthyCluster: [Code.Unavailable, "unhealthy cluster"],
  Corrupt: [Code.DataLoss, "corrupt cluster"],
  NotSupportedForLearner: [Code.FailedPrecondition, "rpc not supported for learner"],
  BadLeaderTransferee: [Code.FailedPrecondition, "bad leader transferee"],
  WrongDowngradeVersionFormat: [Code.InvalidArgument, "wrong downgrade target version format"],
  InvalidDowngradeTargetVersion: [Code.InvalidArgument, "invalid downgrade target version"],
  ClusterVersionUnavailable: [Code.FailedPrecondition, "cluster version not found during downgrade"],
  DowngradeInProcess: [Code.FailedPrecondition, "cluster has a downgrade job in progress"],
  NoInflightDowngrade: [Code.FailedPrecondition, "no inflight downgrade job"],
  Canceled: [Code.Canceled, "request canceled"],
  DeadlineExceeded: [Code.DeadlineExceeded, "context deadline exceeded"],
  UnknownMethod: [Code.Unknown, "unknown method"],
} as const satisfies Record<string, readonly [Code, string]>;

/** Name of a row of the catalogue: what code narrows on. */
export type ErrorKey = keyof typeof catalogue;

/**
 * A fault of the world, to be told to whoever asked. Never a bug of ours: that is an `InvariantError`.
 * `code` is the gRPC code and `message` the text on the wire.
 */
export class EtcdError extends Error {
  override readonly name = "EtcdError";
  readonly code: Code;
  /** Row of the catalogue, or undefined for a text that is in none (Unknown on etcd's wire, or our own). */
  readonly key: ErrorKey | undefined;

  private constructor(code: Code, message: string, key: ErrorKey | undefined) {
    super(message);
    this.code = code;
    this.key = key;
  }

  /** The error of a row. Made afresh on each call, since it carries a stack. */
  static of(key: ErrorKey): EtcdError {
    const [code, text] = catalogue[key];
    return new EtcdError(code, `etcdserver: ${text}`, key);
  }

  /** The error of the row with this text, `etcdserver: ` in front; undefined where there is none. */
  static ofText(message: string): EtcdError | undefined {
    for (const key of Object.keys(catalogue) as ErrorKey[]) {
      const [code, text] = catalogue[key];
      if (message === `etcdserver: ${text}`) return new EtcdError(code, message, key);
    }
    return undefined;
  }

  /** An error outside the catalogue, its text sent as it is. */
  static raw(code: Code, message: string): EtcdError {
    return new EtcdError(code, message, undefined);
  }

  is(key: ErrorKey): boolean {
    return this.key === key;
  }
}

/** Whether `error` is the named row of the catalogue. */
export function isEtcdError(error: unknown, key?: ErrorKey): error is EtcdError {
  return error instanceof EtcdError && (key === undefined || error.key === key);
}
