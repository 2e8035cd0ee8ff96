import type { Metrics } from "../base/index.ts";
import { type FeatureGates, featureNames, stageOf } from "./config/index.ts";

/** Shows which feature gates are on. */
export function declareFeatureMetrics(metrics: Metrics, gates: FeatureGates): void {
  const enabled = metrics.gauge({
    name: "etcd_server_feature_enabled",
    help: "Whether or not a feature is enabled. 1 is enabled, 0 is not.",
    labels: ["name", "stage"],
  });
  for (const name of featureNames) enabled.with(name, stageOf(name)).set(gates[name] ? 1 : 0);
}
