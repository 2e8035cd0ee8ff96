import type { Env } from "../../base/index.ts";
import type { Member } from "../../server/index.ts";
import type { MethodRegistry } from "../../wire/grpc/index.ts";
import { registerAuth } from "./auth.ts";
import { registerCluster } from "./cluster.ts";
import { Guard } from "./guard.ts";
import { HeaderEncoder } from "./header.ts";
import { HealthService } from "./health.ts";
import { registerKv } from "./kv.ts";
import { registerLease } from "./lease.ts";
import { registerMaintenance } from "./maintenance.ts";
import type { RpcOptions } from "./options.ts";
import { guarded, type Surroundings } from "./registry.ts";
import { RequestTimes } from "./request-times.ts";
import { registerWatch } from "./watch.ts";

/** etcd's gRPC services over one member. */
export class RpcServices {
  readonly health = new HealthService();
  readonly #around: Surroundings;
  readonly #env: Env;

  constructor(member: Member, options: RpcOptions, env: Env) {
    this.#env = env;
    this.#around = {
      member,
      options,
      guard: new Guard(member, options, env),
      headers: new HeaderEncoder(member),
      times: new RequestTimes(options.warningUnaryMs ?? 300, env),
      nextTurn: () => new Promise((resolve) => env.scheduler.endOfTurn(resolve)),
    };
  }

  /** Registers every service; `GrpcServer` is such a registry. */
  register(registry: MethodRegistry): void {
    const around = this.#around;
    registerKv(registry, around, this.#env);
    registerWatch(registry, around, this.#env);
    registerLease(registry, around);
    registerCluster(registry, around);
    registerAuth(registry, around);
    registerMaintenance(registry, around, this.health, this.#env);
    this.health.register(guarded(registry, around.guard));
    around.options.more?.(guarded(registry, around.guard));
  }

  /** Stops watching for the leader. Open calls are the server's to end. */
  close(): void {
    this.#around.guard.close();
  }
}
