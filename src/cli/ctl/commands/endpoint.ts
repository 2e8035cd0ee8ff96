import { messageOf } from "../../../base/index.ts";
import { rpc } from "../../../wire/proto/index.ts";
import { Exit, ExitCode, fail } from "../../command/io.ts";
import { durationText } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import type { Health, Of } from "../display.ts";
import { CallError, dial, limitOf, type Session, settings, type Target } from "../session.ts";

/** Every endpoint to ask: the given ones, or with `--cluster` all that the members advertise. */
async function endpoints(call: Invocation, target: Target): Promise<readonly string[]> {
  if (!call.flags.bool("cluster")) return call.flags.list("endpoints");
  // etcdctl counts this as a failure to ask, not as one to connect.
  if (target.endpoints.length === 0) fail(call.io, ExitCode.Error, "etcdclient: no available endpoints");
  const session = await dial(call.io, target);
  try {
    const request = { linearizable: true };
    const answer = await session.call("Cluster/MemberList", [rpc.MemberListRequest, request], rpc.MemberListResponse, {
      repeatable: true,
      ...limitOf(call),
    });
    return answer.members.flatMap((member) => member.clientURLs);
  } catch (error) {
    fail(call.io, ExitCode.Error, `failed to fetch endpoints from etcd cluster member list: ${messageOf(error)}`);
  } finally {
    session.close();
  }
}

/** Asks one endpoint after the other; says on standard error which did not answer. */
async function each<A>(
  call: Invocation,
  target: Target,
  what: string,
  ask: (session: Session) => Promise<A>,
): Promise<{ readonly answers: readonly Of<A>[]; readonly failure: unknown }> {
  const answers: Of<A>[] = [];
  let failure: unknown;
  for (const endpoint of await endpoints(call, target)) {
    const session = await dial(call.io, { ...target, endpoints: [endpoint] });
    try {
      answers.push({ endpoint, answer: await ask(session) });
    } catch (error) {
      failure = error;
      call.io.err(`Failed to get the ${what} of endpoint ${endpoint} (${messageOf(error)})\n`);
    } finally {
      session.close();
    }
  }
  return { answers, failure };
}

export async function status(call: Invocation): Promise<void> {
  const { target, display } = await settings(call);
  const { answers, failure } = await each(call, target, "status", (session) =>
    statusOf(session, limitOf(call).timeoutMs),
  );
  await display.show({ kind: "endpointStatus", answer: answers });
  if (failure !== undefined) throw new Exit(ExitCode.Error);
}

export function statusOf(session: Session, timeoutMs: number): Promise<rpc.StatusResponse> {
  return session.call("Maintenance/Status", [rpc.StatusRequest, {}], rpc.StatusResponse, {
    repeatable: true,
    timeoutMs,
  });
}

export async function hashKv(call: Invocation): Promise<void> {
  const { target, display } = await settings(call);
  const request = { revision: call.flags.number("rev") };
  const { answers, failure } = await each(call, target, "hash", (session) =>
    session.call("Maintenance/HashKV", [rpc.HashKVRequest, request], rpc.HashKVResponse, {
      repeatable: true,
      ...limitOf(call),
    }),
  );
  await display.show({ kind: "endpointHashKv", answer: answers });
  if (failure !== undefined) fail(call.io, ExitCode.Error, failure);
}

const alarmNames: Readonly<Record<number, string>> = { 1: "NOSPACE", 2: "CORRUPT" };

export async function health(call: Invocation): Promise<void> {
  const { io } = call;
  const { target, display } = await settings(call);
  const answers: Health[] = [];
  const ask = async (endpoint: string): Promise<void> => {
    const start = process.hrtime.bigint();
    let took = "";
    let error = "";
    try {
      const session = await dial(io, { ...target, endpoints: [endpoint] }, "client");
      try {
        const request = rpc.createRangeRequest({ key: Buffer.from("health") });
        const limits = { repeatable: true, ...limitOf(call) };
        try {
          await session.call("KV/Range", [rpc.RangeRequest, request], rpc.RangeResponse, limits);
        } catch (failure) {
          // Who is not permitted to read was told so by a working quorum.
          if (!(failure instanceof CallError) || failure.text !== "etcdserver: permission denied") throw failure;
        } finally {
          took = durationText(process.hrtime.bigint() - start);
        }
        error = await alarmsOf(session, limits);
      } finally {
        session.close();
      }
    } catch (failure) {
      if (failure instanceof Exit) throw failure;
      error = messageOf(failure);
    }
    answers.push({ endpoint, health: error === "", took, error });
  };
  await Promise.all((await endpoints(call, target)).map(ask));
  await display.show({ kind: "endpointHealth", answer: answers });
  if (answers.some((answer) => answer.error !== "")) fail(io, ExitCode.Error, "unhealthy cluster");
}

/** Names of the alarms that are on, in words; empty when all is quiet. */
async function alarmsOf(
  session: Session,
  limits: { readonly repeatable: boolean; readonly timeoutMs: number },
): Promise<string> {
  let answer: rpc.AlarmResponse;
  try {
    answer = await session.call(
      "Maintenance/Alarm",
      [rpc.AlarmRequest, rpc.createAlarmRequest()],
      rpc.AlarmResponse,
      limits,
    );
  } catch {
    return "Unable to fetch the alarm list";
  }
  if (answer.alarms.length === 0) return "";
  return `Active Alarm(s): ${answer.alarms.map(({ alarm }) => `${alarmNames[alarm] ?? "UNKNOWN"} `).join("")}`;
}

export async function defrag(call: Invocation): Promise<void> {
  const { io } = call;
  const { target } = await settings(call);
  let failures = 0;
  for (const endpoint of await endpoints(call, target)) {
    const session = await dial(io, { ...target, endpoints: [endpoint] });
    const start = process.hrtime.bigint();
    const took = () => durationText(process.hrtime.bigint() - start);
    try {
      await session.call("Maintenance/Defragment", [rpc.DefragmentRequest, {}], rpc.DefragmentResponse, limitOf(call));
      io.out(`Finished defragmenting etcd member[${endpoint}]. took ${took()}\n`);
    } catch (error) {
      failures++;
      io.err(`Failed to defragment etcd member[${endpoint}]. took ${took()}. (${messageOf(error)})\n`);
    } finally {
      session.close();
    }
  }
  if (failures > 0) throw new Exit(ExitCode.Error);
}
