import type { MethodRegistry } from "../../wire/grpc/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { ServiceRegistry, type Surroundings } from "./registry.ts";

/** etcdserverpb.Cluster */
export function registerCluster(registry: MethodRegistry, around: Surroundings): void {
  const { member, options } = around;
  const root = options.authorizer;
  const service = new ServiceRegistry(registry, around, rpc.ClusterService);
  service.simple<rpc.MemberAddRequest, rpc.MemberAddResponse>("MemberAdd", (request, by) => {
    root?.requireRoot(by);
    return member.memberAdd(request);
  });
  service.simple<rpc.MemberRemoveRequest, rpc.MemberRemoveResponse>("MemberRemove", (request, by) => {
    root?.requireRoot(by);
    return member.memberRemove(request);
  });
  service.simple<rpc.MemberUpdateRequest, rpc.MemberUpdateResponse>("MemberUpdate", (request, by) => {
    root?.requireRoot(by);
    return member.memberUpdate(request);
  });
  service.simple<rpc.MemberListRequest, rpc.MemberListResponse>("MemberList", (request) => member.memberList(request));
  service.simple<rpc.MemberPromoteRequest, rpc.MemberPromoteResponse>("MemberPromote", (request, by) => {
    root?.requireRoot(by);
    return member.memberPromote(request);
  });
}
