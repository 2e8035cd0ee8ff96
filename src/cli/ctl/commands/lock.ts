import { Exit, ExitCode, fail } from "../../command/io.ts";
import type { Invocation } from "../../command/tree.ts";
import { Contest } from "../contest.ts";
import { runCommand } from "../run-command.ts";
import { open } from "../session.ts";

/** Holds a lock while a command runs, or until the program is interrupted. */
export async function lock(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length === 0)
    fail(io, ExitCode.BadArgs, "lock takes a lock name argument and an optional command to execute");
  const { session, display } = await open(call);
  try {
    const contest = await Contest.open(session, args[0]!, flags.number("ttl"));
    const interrupted = new Promise<"interrupted">((resolve) => {
      io.onInterrupt(() => {
        contest.abort();
        resolve("interrupted");
      });
    });
    await contest.enter("", "mutex: session is expired");
    if (args.length > 1) {
      const outcome = await runCommand(args.slice(1), {
        ETCD_LOCK_KEY: contest.key,
        ETCD_LOCK_REV: String(contest.headerRevision),
        ...io.env,
      });
      await contest.leave();
      if (outcome.problem !== undefined) fail(io, outcome.code, outcome.problem);
      return;
    }
    const answer = await contest.get();
    if (answer.kvs.length === 0) throw new Error("lock lost on init");
    await display.show({ kind: "get", answer });
    if ((await Promise.race([interrupted, contest.expired])) !== "interrupted") throw new Error("session expired");
    await contest.leave();
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.Error, error);
  }
}

/** Stands for election and leads until interrupted, or watches who leads. */
export async function elect(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1 && args.length !== 2) {
    fail(io, ExitCode.BadArgs, "elect takes one election name argument and an optional proposal argument");
  }
  const listen = flags.bool("listen");
  const { session, display } = await open(call);
  if (args.length === 1 && !listen) fail(io, ExitCode.BadArgs, "no proposal argument but -l not set");
  if (args.length === 2 && listen) fail(io, ExitCode.BadArgs, "proposal given but -l is set");
  try {
    const contest = await Contest.open(session, args[0]!, 60);
    const interrupted = new Promise<"interrupted">((resolve) => {
      io.onInterrupt(() => {
        contest.abort();
        resolve("interrupted");
      });
    });
    if (listen) {
      const observing = contest.observe((answer) => display.show({ kind: "get", answer }));
      if ((await Promise.race([interrupted, observing])) !== "interrupted") throw new Error("elect: observer lost");
      return;
    }
    await contest.enter(args[1]!, "election: session is expired");
    await display.show({ kind: "get", answer: await contest.get() });
    if ((await Promise.race([interrupted, contest.expired])) !== "interrupted")
      throw new Error("elect: session expired");
    await contest.resign();
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.Error, error);
  }
}
