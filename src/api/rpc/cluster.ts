import { peerURLsOf } from "../../server/index.ts";
import type { Call, MethodRegistry } from "../../wire/grpc/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { ServiceRegistry, type Surroundings } from "./registry.ts";

/** etcdserverpb.Cluster */
export function registerCluster(registry: MethodRegistry, around: Surroundings): void {
  const { member, options, guard } = around;
  const requireRoot = (call: Call) => options.authorizer?.requireRoot(guard.principal(call));
  const service = new ServiceRegistry(registry, around, rpc.ClusterService);
  service.simple<rpc.MemberAddRequest, rpc.MemberAddResponse>("MemberAdd", (request, call) => {
    // As in etcd, before who calls.
    peerURLsOf(request.peerURLs);
    requireRoot(call);
    return member.memberAdd(request);
  });
  service.simple<rpc.MemberRemoveRequest, rpc.MemberRemoveResponse>("MemberRemove", (request, call) => {
    requireRoot(call);
    return member.memberRemove(request);
  });
  service.simple<rpc.MemberUpdateRequest, rpc.MemberUpdateResponse>("MemberUpdate", (request, call) => {
    requireRoot(call);
    return member.memberUpdate(request);
  });
  service.simple<rpc.MemberListRequest, rpc.MemberListResponse>("MemberList", (request, call) => {
    options.authorizer?.requireUser(guard.principal(call));
    return member.memberList(request);
  });
  service.simple<rpc.MemberPromoteRequest, rpc.MemberPromoteResponse>("MemberPromote", (request, call) => {
    requireRoot(call);
    const token = call.metadata.get("token") ?? call.metadata.get("authorization");
    return member.memberPromote(request, token, guard.principal(call));
  });
}
