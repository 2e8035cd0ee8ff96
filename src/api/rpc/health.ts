import { Code, EtcdError } from "../../base/index.ts";
import type { MethodRegistry, ServerStream } from "../../wire/grpc/index.ts";
import { health } from "../../wire/proto/index.ts";

const serviceName = "grpc.health.v1.Health";

/**
 * grpc.health.v1.Health for the one service name `""`.
 */
export class HealthService {
  #status: health.ServingStatus = health.ServingStatus.SERVING;
  readonly #watchers = new Set<ServerStream>();

  register(registry: MethodRegistry): void {
    registry.register(serviceName, "Check", {
      kind: "unary",
      handler: (_call, bytes) => {
        if (health.decodeHealthCheckRequest(bytes).service !== "") {
          throw EtcdError.raw(Code.NotFound, "unknown service");
        }
        return health.encodeHealthCheckResponse({ status: this.#status });
      },
    });
    registry.register(serviceName, "List", {
      kind: "unary",
      handler: () =>
        health.encodeHealthListResponse({
          statuses: [{ key: "", value: health.createHealthCheckResponse({ status: this.#status }) }],
        }),
    });
    registry.register(serviceName, "Watch", {
      kind: "serverStream",
      handler: (stream, bytes) => {
        if (health.decodeHealthCheckRequest(bytes).service !== "") {
          stream.send(health.encodeHealthCheckResponse({ status: health.ServingStatus.SERVICE_UNKNOWN }));
          return;
        }
        this.#watchers.add(stream);
        stream.onCancel = () => this.#watchers.delete(stream);
        stream.send(health.encodeHealthCheckResponse({ status: this.#status }));
      },
    });
  }

  /** Says from now on whether the member serves; watchers are told of changes. */
  set(serving: boolean): void {
    const status = serving ? health.ServingStatus.SERVING : health.ServingStatus.NOT_SERVING;
    if (status === this.#status) return;
    this.#status = status;
    for (const stream of this.#watchers) stream.send(health.encodeHealthCheckResponse({ status }));
  }
}
