import { type CancelSignal, EtcdError } from "../base/index.ts";
import type { Core } from "./core.ts";

/** Pause before the same leader is asked again, or one is looked for, for what does not go through the log. */
export const retryMs = 50;

/**
 * Asks the leader on its peer port, again and again until `endMs`: leaders change, and so do addresses. As soon as
 * this member knows another leader, or none, `ask`'s signal is aborted and the next leader is asked, so asking twice must do no harm.
 * @throws EtcdError what `final` lets through, else NoLeader when the time is up and nobody leads, or Timeout; LeaderChanged when this member
 *   has come to lead
 */
export async function askLeader<T>(
  core: Pick<Core, "memberId" | "env" | "life" | "leadership" | "state">,
  ask: (url: string, timeoutMs: number, signal: CancelSignal) => Promise<T>,
  final: (error: unknown) => boolean,
  endMs: number,
): Promise<T> {
  const { memberId, life, leadership, state } = core;
  const { clock, logger } = core.env;
  for (;;) {
    life.mustRun();
    const id = leadership.leader;
    if (id === memberId) throw EtcdError.of("LeaderChanged");
    const leader = id === 0n ? undefined : state.membership.member(id);
    for (const url of leader?.peerURLs ?? []) {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0 || leadership.leader !== id) break;
      const deposed = new AbortController();
      const stopListening = leadership.onChange(() => deposed.abort());
      try {
        return await ask(url, leftMs, deposed.signal);
      } catch (error) {
        if (final(error)) throw error;
        logger.debug("the leader did not answer", { url, error });
      } finally {
        stopListening();
      }
    }
    if (clock.monotonicMs() + retryMs >= endMs) throw EtcdError.of(leader === undefined ? "NoLeader" : "Timeout");
    // A leader that this member has just learned of is asked at once.
    if (leadership.leader === id || leadership.leader === 0n) await changeOrPause(core);
  }
}

/** Resolves when another leader, or none, is known, at the latest after the pause. */
function changeOrPause({ env, leadership }: Pick<Core, "env" | "leadership">): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      stopListening();
      resolve();
    };
    const timer = env.scheduler.after(retryMs, end);
    const stopListening = leadership.onChange(end);
  });
}
