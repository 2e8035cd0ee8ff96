import { messageOf } from "../../../base/index.ts";
import { rpc } from "../../../wire/proto/index.ts";
import { Exit, ExitCode, fail, type Io } from "../../command/io.ts";
import { hex16, parseInteger } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { KeepAlive } from "../keep-alive.ts";
import { limitOf, open } from "../session.ts";

export async function grant(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "lease grant command needs TTL argument");
  let ttl: bigint;
  try {
    ttl = parseInteger(args[0]!, 10);
  } catch (problem) {
    fail(io, ExitCode.BadArgs, `bad TTL (${messageOf(problem)})`);
  }
  const { session, display } = await open(call);
  let answer: rpc.LeaseGrantResponse;
  try {
    const request = rpc.createLeaseGrantRequest({ TTL: Number(ttl) });
    answer = await session.call(
      "Lease/LeaseGrant",
      [rpc.LeaseGrantRequest, request],
      rpc.LeaseGrantResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(io, ExitCode.Error, `failed to grant lease (${messageOf(error)})`);
  }
  await display.show({ kind: "leaseGrant", answer });
}

export async function revoke(call: Invocation): Promise<void> {
  const { io, args } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "lease revoke command needs 1 argument");
  const id = leaseId(io, args[0]!);
  const { session, display } = await open(call);
  let answer: rpc.LeaseRevokeResponse;
  try {
    answer = await session.call(
      "Lease/LeaseRevoke",
      [rpc.LeaseRevokeRequest, { ID: id }],
      rpc.LeaseRevokeResponse,
      limitOf(call),
    );
  } catch (error) {
    fail(io, ExitCode.Error, `failed to revoke lease (${messageOf(error)})`);
  }
  await display.show({ kind: "leaseRevoke", answer, id });
}

export async function timeToLive(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "lease timetolive command needs lease ID as argument");
  // Settings are read before the argument here, as etcdctl does.
  const { session, display } = await open(call);
  const keys = flags.bool("keys");
  const request = { ID: leaseId(io, args[0]!), keys };
  let answer: rpc.LeaseTimeToLiveResponse;
  try {
    answer = await session.call(
      "Lease/LeaseTimeToLive",
      [rpc.LeaseTimeToLiveRequest, request],
      rpc.LeaseTimeToLiveResponse,
      { repeatable: true },
    );
  } catch (error) {
    fail(io, ExitCode.BadConnection, error);
  }
  await display.show({ kind: "leaseTimeToLive", answer, keys });
}

export async function list(call: Invocation): Promise<void> {
  const { session, display } = await open(call);
  let answer: rpc.LeaseLeasesResponse;
  try {
    answer = await session.call("Lease/LeaseLeases", [rpc.LeaseLeasesRequest, {}], rpc.LeaseLeasesResponse, {
      repeatable: true,
    });
  } catch (error) {
    fail(call.io, ExitCode.BadConnection, error);
  }
  await display.show({ kind: "leases", answer });
}

export async function keepAlive(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "lease keep-alive command needs lease ID as argument");
  const id = leaseId(io, args[0]!);
  const { session, display } = await open(call);
  try {
    if (flags.bool("once")) {
      const answer = await KeepAlive.once(session, id);
      await display.show({ kind: "leaseKeepAlive", answer });
      return;
    }
    for await (const answer of new KeepAlive(session, id)) await display.show({ kind: "leaseKeepAlive", answer });
  } catch (error) {
    if (error instanceof Exit) throw error;
    fail(io, ExitCode.BadConnection, error);
  }
  if (display.format === "simple") io.out(`lease ${hex16(id)} expired or revoked.\n`);
}

export function leaseId(io: Io, text: string): bigint {
  try {
    return parseInteger(text, 16);
  } catch (problem) {
    fail(io, ExitCode.BadArgs, `bad lease ID arg (${messageOf(problem)}), expecting ID in Hex`);
  }
}
