import { rpc } from "../../../wire/proto/index.ts";
import { Exit, ExitCode, fail } from "../../command/io.ts";
import { parseInteger } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { dial, limitOf, open, type Session, settings } from "../session.ts";
import { statusOf } from "./endpoint.ts";

export async function alarmList(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length !== 0) fail(io, ExitCode.BadArgs, "alarm list command accepts no arguments");
  const { session, display } = await open(call);
  let answer: rpc.AlarmResponse;
  try {
    answer = await alarms(call, session);
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  await display.show({ kind: "alarm", answer });
}

/** Clears the alarms one by one; the answers' alarms together are what was cleared. */
export async function alarmDisarm(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length !== 0) fail(io, ExitCode.BadArgs, "alarm disarm command accepts no arguments");
  const { session, display } = await open(call);
  const cleared = rpc.createAlarmResponse();
  try {
    for (const { memberID, alarm } of (await alarms(call, session)).alarms) {
      const request = { action: rpc.AlarmAction.DEACTIVATE, memberID, alarm };
      const answer = await session.call(
        "Maintenance/Alarm",
        [rpc.AlarmRequest, request],
        rpc.AlarmResponse,
        limitOf(call),
      );
      cleared.alarms.push(...answer.alarms);
    }
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
  await display.show({ kind: "alarm", answer: cleared });
}

function alarms(call: Invocation, session: Session): Promise<rpc.AlarmResponse> {
  const request = rpc.createAlarmRequest({ action: rpc.AlarmAction.GET });
  return session.call("Maintenance/Alarm", [rpc.AlarmRequest, request], rpc.AlarmResponse, {
    repeatable: true,
    ...limitOf(call),
  });
}

/** Asks the leader, which must be among the endpoints, to hand over. */
export async function moveLeader(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "move-leader command needs 1 argument");
  let goal: bigint;
  try {
    goal = parseInteger(args[0]!, 16, false);
  } catch (problem) {
    fail(io, ExitCode.BadArgs, problem);
  }
  const { target, display } = await settings(call);
  for (const endpoint of target.endpoints) {
    const session = await dial(io, { ...target, endpoints: [endpoint] });
    try {
      const { header, leader } = await statusOf(session, limitOf(call).timeoutMs);
      if (header?.memberId !== leader) continue;
      const request = { targetID: goal };
      const answer = await session.call(
        "Maintenance/MoveLeader",
        [rpc.MoveLeaderRequest, request],
        rpc.MoveLeaderResponse,
        limitOf(call),
      );
      await display.show({ kind: "moveLeader", answer, leader, target: goal });
      return;
    } catch (error) {
      if (error instanceof Exit) throw error;
      fail(io, ExitCode.Error, error);
    } finally {
      session.close();
    }
  }
  fail(io, ExitCode.BadArgs, `no leader endpoint given at [${target.endpoints.join(" ")}]`);
}

export function downgradeValidate(call: Invocation): Promise<void> {
  return downgrade(call, rpc.DowngradeAction.VALIDATE, "downgradeValidate", versionOf(call));
}

export function downgradeEnable(call: Invocation): Promise<void> {
  return downgrade(call, rpc.DowngradeAction.ENABLE, "downgradeEnable", versionOf(call));
}

export function downgradeCancel(call: Invocation): Promise<void> {
  return downgrade(call, rpc.DowngradeAction.CANCEL, "downgradeCancel", "");
}

function versionOf({ io, args }: Invocation): string {
  if (args.length < 1) fail(io, ExitCode.BadArgs, "TARGET_VERSION not provided");
  if (args.length > 1) fail(io, ExitCode.BadArgs, "too many arguments");
  if (args[0] === "") fail(io, ExitCode.BadArgs, "target version not provided");
  return args[0]!;
}

async function downgrade(
  call: Invocation,
  action: rpc.DowngradeAction,
  kind: "downgradeValidate" | "downgradeEnable" | "downgradeCancel",
  version: string,
): Promise<void> {
  const { session, display } = await open(call);
  let answer: rpc.DowngradeResponse;
  try {
    const request = { action, version };
    answer = await session.call(
      "Maintenance/Downgrade",
      [rpc.DowngradeRequest, request],
      rpc.DowngradeResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(call.io, ExitCode.Error, error);
  }
  await display.show({ kind, answer });
}
