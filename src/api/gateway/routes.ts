import { election, lock, type MethodDescriptor, rpc, type ServiceDescriptor } from "../../wire/proto/index.ts";

/** A path of the JSON gateway and the gRPC method behind it. */
export interface Route {
  readonly method: MethodDescriptor;
  /** `/etcdserverpb.KV/Range` */
  readonly grpcPath: string;
}

const services: readonly ServiceDescriptor[] = [
  rpc.KVService,
  rpc.WatchService,
  rpc.LeaseService,
  rpc.ClusterService,
  rpc.MaintenanceService,
  rpc.AuthService,
  lock.LockService,
  election.ElectionService,
];

/** All routes by path; every one is a POST. */
export const routes: ReadonlyMap<string, Route> = new Map(
  services.flatMap((service) =>
    service.methods.flatMap((method) =>
      method.paths.map((path) => [path, { method, grpcPath: `/${service.typeName}/${method.name}` }] as const),
    ),
  ),
);
