import {
  type Counter,
  type Env,
  type Gauge,
  type Logger,
  messageOf,
  type Scheduler,
  type Timer,
} from "../../base/index.ts";
import { alarmName, type Member } from "../../server/index.ts";
import { rpc } from "../../wire/proto/index.ts";

/** An answer of plain HTTP. */
export interface PlainAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Throws, or rejects, what is wrong. How long it may take is not its affair: `HealthChecks` gives up on it. */
type Check = (member: Member) => Promise<void> | void;

/** A read of one key: proves that the store answers and, unless serializable, that a quorum does. */
async function read(member: Member, serializable: boolean): Promise<void> {
  if (!serializable) await member.linearizable();
  member.range(rpc.createRangeRequest({ key: new Uint8Array(1), limit: 1, keysOnly: true, serializable }));
}

const checks: Record<"livez" | "readyz", Record<string, Check>> = {
  livez: { serializable_read: (member) => read(member, true) },
  readyz: {
    data_corruption: (member) => {
      const raised = member.health().alarms.some((alarm) => alarm.alarm === rpc.AlarmType.CORRUPT);
      if (raised) throw new Error("alarm activated: CORRUPT");
    },
    serializable_read: (member) => read(member, true),
    linearizable_read: (member) => read(member, false),
    non_learner: (member) => {
      if (member.health().isLearner) throw new Error("not supported for learner");
    },
  },
};

/**
 * How long a check of `/livez` and `/readyz` may take. A barrier gives up after one request timeout by itself, but may have to wait for the
 * one before it. etcd sets no limit here; what hangs there for ever is told just after the latest answer that etcd gives.
 */
function checkMs(requestTimeoutMs: number): number {
  return 2 * requestTimeoutMs + 1000;
}

/** `/health`, `/livez` and `/readyz` with their sub-checks (etcd's etcdhttp/health.go), counted as etcd counts them. */
export class HealthChecks {
  readonly #member: Member;
  readonly #scheduler: Scheduler;
  readonly #requestTimeoutMs: number;
  readonly #logger: Logger;
  readonly #success: Counter;
  readonly #failures: Counter;
  readonly #gauge: Gauge;
  readonly #counter: Counter;

  /** @param requestTimeoutMs how long a request may take in all, 7 s unless election timeouts say otherwise */
  constructor(member: Member, requestTimeoutMs: number, env: Env) {
    const { metrics, logger } = env;
    this.#member = member;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#scheduler = env.scheduler;
    this.#logger = logger;
    this.#success = metrics.counter({
      name: "etcd_server_health_success",
      help: "The total number of successful health checks",
    });
    this.#failures = metrics.counter({
      name: "etcd_server_health_failures",
      help: "The total number of failed health checks",
    });
    this.#gauge = metrics.gauge({
      name: "etcd_server_healthcheck",
      help: "The result of each kind of healthcheck.",
      labels: ["type", "name"],
    });
    this.#counter = metrics.counter({
      name: "etcd_server_healthchecks_total",
      help: "The total number of each kind of healthcheck.",
      labels: ["type", "name", "status"],
    });
  }

  /** Undefined when the path is none of ours. Only GET may come here. */
  answer(path: string, query: URLSearchParams): Promise<PlainAnswer> | undefined {
    if (path === "/health") return this.#health(query);
    const [, kind, name, rest] = path.split("/");
    if ((kind !== "livez" && kind !== "readyz") || rest !== undefined) return undefined;
    if (name === undefined) {
      const excluded = new Set(query.getAll("exclude"));
      return this.#run(
        kind,
        Object.keys(checks[kind]).filter((check) => !excluded.has(check)),
        query.has("verbose"),
      );
    }
    return Object.hasOwn(checks[kind], name) ? this.#run(kind, [name], query.has("verbose")) : undefined;
  }

  async #health(query: URLSearchParams): Promise<PlainAnswer> {
    const reason = await this.#unhealthy(new Set(query.getAll("exclude")), query.get("serializable") === "true");
    const healthy = reason === undefined;
    const body = JSON.stringify({ health: String(healthy), reason: reason ?? "" });
    if (healthy) {
      this.#success.inc();
      return { status: 200, contentType: "text/plain; charset=utf-8", body };
    }
    this.#failures.inc();
    this.#logger.warn("/health error", { output: body, "status-code": 503 });
    return { status: 503, contentType: "text/plain; charset=utf-8", body: `${body}\n` };
  }

  async #unhealthy(excluded: ReadonlySet<string>, serializable: boolean): Promise<string | undefined> {
    const { alarms, hasLeader } = this.#member.health();
    const alarm = alarms.find((raised) => !excluded.has(alarmName(raised.alarm)));
    if (alarm !== undefined) {
      const known = alarm.alarm === rpc.AlarmType.NOSPACE || alarm.alarm === rpc.AlarmType.CORRUPT;
      return `ALARM ${known ? alarmName(alarm.alarm) : "UNKNOWN"}`;
    }
    if (!serializable && !hasLeader) return "RAFT NO LEADER";
    try {
      await this.#within(this.#requestTimeoutMs, (member) => read(member, serializable));
      return undefined;
    } catch (error) {
      return `RANGE ERROR:${messageOf(error)}`;
    }
  }

  /** Every check passes through here: none can keep a page waiting for ever. */
  async #within(limitMs: number, check: Check): Promise<void> {
    let timer: Timer | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(new Error("context deadline exceeded"));
      timer = this.#scheduler.after(limitMs, giveUp);
    });
    try {
      await Promise.race([check(this.#member), tooLong]);
    } finally {
      timer?.cancel();
    }
  }

  async #run(kind: "livez" | "readyz", names: readonly string[], verbose: boolean): Promise<PlainAnswer> {
    let failed = false;
    let lines = "";
    for (const name of names) {
      let status = "success";
      try {
        await this.#within(checkMs(this.#requestTimeoutMs), checks[kind][name]!);
        lines += `[+]${name} ok\n`;
      } catch (error) {
        failed = true;
        status = "error";
        lines += `[-]${name} failed: ${messageOf(error)}\n`;
      }
      this.#gauge.with(kind, name).set(status === "success" ? 1 : 0);
      this.#counter.with(kind, name, status).inc();
    }
    const contentType = "text/plain; charset=utf-8";
    if (failed) {
      this.#logger.error("Health check error", { path: `/${kind}`, reason: lines, "status-code": 503 });
      return { status: 503, contentType, body: `${lines}\n` };
    }
    return { status: 200, contentType, body: verbose ? `${lines}ok\n` : "ok\n" };
  }
}
