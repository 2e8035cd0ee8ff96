import { EtcdError } from "../base/index.ts";
import type { Core } from "./core.ts";
import { requestTimeoutMs } from "./timeouts.ts";

/** Pause between attempts to reach the leader for what does not go through the log. */
const retryMs = 50;

/**
 * Asks the leader on its peer port, again and again until the time is up: leaders change, and so do addresses.
 * @throws EtcdError what `final` lets through, else NoLeader when the time is up and nobody leads, or Timeout; LeaderChanged when this member
 *   has come to lead
 */
export async function askLeader<T>(
  core: Pick<Core, "memberId" | "options" | "env" | "life" | "leadership" | "state">,
  ask: (url: string, timeoutMs: number) => Promise<T>,
  final: (error: unknown) => boolean,
): Promise<T> {
  const { memberId, life, leadership, state } = core;
  const { clock, scheduler, logger } = core.env;
  const endMs = clock.monotonicMs() + requestTimeoutMs(core.options.electionMs);
  for (;;) {
    life.mustRun();
    const leader = leadership.leader === 0n ? undefined : state.membership.member(leadership.leader);
    if (leader?.id === memberId) throw EtcdError.of("LeaderChanged");
    for (const url of leader?.peerURLs ?? []) {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      try {
        return await ask(url, leftMs);
      } catch (error) {
        if (final(error)) throw error;
        logger.debug("the leader did not answer", { url, error });
      }
    }
    if (clock.monotonicMs() + retryMs >= endMs) throw EtcdError.of(leader === undefined ? "NoLeader" : "Timeout");
    await new Promise<void>((resolve) => scheduler.after(retryMs, resolve));
  }
}
