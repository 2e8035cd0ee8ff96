import { Code, type Counter, codeName, type Histogram, type Metrics } from "../../base/index.ts";
import type { MethodDefinition, MethodKind } from "./types.ts";

/** grpc_type as grpc-prometheus names it. */
const typeLabel: Record<MethodKind, string> = {
  unary: "unary",
  serverStream: "server_stream",
  clientStream: "client_stream",
  bidi: "bidi_stream",
};

/** A method with its counters at hand, so that a call looks nothing up by label. */
export interface BoundMethod {
  readonly path: string;
  readonly service: string;
  readonly method: string;
  readonly definition: MethodDefinition;
  readonly started: Counter;
  readonly received: Counter;
  readonly sent: Counter;
  /** By status code; all exist from the start, as etcd's do, so that a scrape shows zeroes. */
  readonly handled: readonly Counter[];
  readonly handlingSeconds: Histogram | undefined;
}

/** Metrics of one server; the names are those of go-grpc-prometheus, which etcd registers, and etcd's own. */
export class ServerMetrics {
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
  readonly refusedConnections: Counter;
  readonly #started: Counter;
  readonly #received: Counter;
  readonly #sent: Counter;
  readonly #handled: Counter;
  readonly #handling: Histogram | undefined;

  constructor(metrics: Metrics, handlingTime: boolean) {
    const labels = ["grpc_type", "grpc_service", "grpc_method"];
    this.#started = metrics.counter({
      name: "grpc_server_started_total",
      help: "Total number of RPCs started on the server.",
      labels,
    });
    this.#received = metrics.counter({
      name: "grpc_server_msg_received_total",
      help: "Total number of RPC stream messages received on the server.",
      labels,
    });
    this.#sent = metrics.counter({
      name: "grpc_server_msg_sent_total",
      help: "Total number of gRPC stream messages sent by the server.",
      labels,
    });
    this.#handled = metrics.counter({
      name: "grpc_server_handled_total",
      help: "Total number of RPCs completed on the server, regardless of success or failure.",
      labels: [...labels, "grpc_code"],
    });
    if (handlingTime) {
      this.#handling = metrics.histogram({
        name: "grpc_server_handling_seconds",
        help: "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
        labels,
        // Prometheus' default bounds, which go-grpc-prometheus keeps.
        buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      });
    }
    this.receivedBytes = metrics.counter({
      name: "etcd_network_client_grpc_received_bytes_total",
      help: "The total number of bytes received from grpc clients.",
    });
    this.sentBytes = metrics.counter({
      name: "etcd_network_client_grpc_sent_bytes_total",
      help: "The total number of bytes sent to grpc clients.",
    });
    this.refusedConnections = metrics.counter({
      name: "quorate_grpc_refused_connections_total",
      help: "Connections closed at once since the limit of open ones was reached.",
    });
  }

  bind(service: string, method: string, definition: MethodDefinition): BoundMethod {
    const labels = [typeLabel[definition.kind], service, method];
    return {
      path: `/${service}/${method}`,
      service,
      method,
      definition,
      started: this.#started.with(...labels),
      received: this.#received.with(...labels),
      sent: this.#sent.with(...labels),
      handled: Object.values(Code).map((code) => this.#handled.with(...labels, codeName(code))),
      handlingSeconds: this.#handling?.with(...labels),
    };
  }
}
