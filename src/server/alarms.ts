import { type Env, type Gauge, hexId, type MemberId } from "../base/index.ts";
import type { Store } from "../storage/store/index.ts";
import { rpc } from "../wire/proto/index.ts";

export type AlarmBucket = Pick<Store, "put" | "delete" | "visit">;

const NOTHING = new Uint8Array(0);
const names = new Map<number, string>(Object.entries(rpc.AlarmType).map(([name, type]) => [type, name]));

/**
 * Alarms that members have raised, as of the last applied entry; kept in bucket `alarm`, whose keys are the encoded
 * AlarmMember and whose values are empty. There are at most two per member: NOSPACE and CORRUPT.
 */
export class AlarmStore {
  #store: AlarmBucket;
  readonly #gauge: Gauge;
  /** By alarm type, then by member. No alarm of type NONE is ever in here by our doing. */
  readonly #alarms = new Map<number, Map<MemberId, rpc.AlarmMember>>();
  readonly #listeners: (() => void)[] = [];

  constructor(store: AlarmBucket, env: Env) {
    this.#store = store;
    this.#gauge = env.metrics.gauge({
      name: "etcd_debugging_server_alarms",
      help: "1 for each alarm that is raised, 0 for one that was taken back.",
      labels: ["server_id", "alarm_type"],
    });
    this.recover(store);
  }

  /** Raises an alarm; answers the one that stands. Raising it again changes nothing. */
  activate(member: MemberId, alarm: rpc.AlarmType): rpc.AlarmMember {
    const known = this.#alarms.get(alarm)?.get(member);
    if (known !== undefined) return known;
    const raised: rpc.AlarmMember = { memberID: member, alarm };
    this.#add(raised);
    this.#store.put("alarm", rpc.encodeAlarmMember(raised), NOTHING);
    this.#tell();
    return raised;
  }

  /** Takes an alarm back; answers it, or undefined when it was not raised. */
  deactivate(member: MemberId, alarm: rpc.AlarmType): rpc.AlarmMember | undefined {
    const known = this.#alarms.get(alarm)?.get(member);
    if (known === undefined) return undefined;
    this.#alarms.get(alarm)!.delete(member);
    this.#store.delete("alarm", rpc.encodeAlarmMember(known));
    this.#gaugeOf(known).set(0);
    this.#tell();
    return known;
  }

  /** Alarms of one type, or of all with NONE; by type, then by member. */
  get(alarm: rpc.AlarmType): rpc.AlarmMember[] {
    const found: rpc.AlarmMember[] = [];
    for (const [type, members] of this.#alarms) {
      if (alarm === rpc.AlarmType.NONE || alarm === type) found.push(...members.values());
    }
    return found.sort((a, b) => a.alarm - b.alarm || (a.memberID < b.memberID ? -1 : 1));
  }

  /** Whether any member has raised `alarm`: what the apply rules ask. */
  has(alarm: rpc.AlarmType): boolean {
    return (this.#alarms.get(alarm)?.size ?? 0) > 0;
  }

  /** `listener` is called after each change, also after `recover`. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Reads everything anew from the store, or from another one. */
  recover(store: AlarmBucket = this.#store): void {
    for (const alarm of this.get(rpc.AlarmType.NONE)) this.#gaugeOf(alarm).set(0);
    this.#store = store;
    this.#alarms.clear();
    store.visit("alarm", NOTHING, undefined, (key) => {
      this.#add(rpc.decodeAlarmMember(key));
    });
    this.#tell();
  }

  #add(alarm: rpc.AlarmMember): void {
    let members = this.#alarms.get(alarm.alarm);
    if (members === undefined) {
      members = new Map();
      this.#alarms.set(alarm.alarm, members);
    }
    members.set(alarm.memberID, alarm);
    this.#gaugeOf(alarm).set(1);
  }

  #gaugeOf(alarm: rpc.AlarmMember): Gauge {
    return this.#gauge.with(hexId(alarm.memberID), alarmName(alarm.alarm));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** `NOSPACE`, `CORRUPT`; an alarm from a newer member by its number. */
export function alarmName(alarm: number): string {
  return names.get(alarm) ?? String(alarm);
}

/** An alarm in the text form in which Status lists it among its errors. */
export function alarmText(alarm: rpc.AlarmMember): string {
  const fields: string[] = [];
  if (alarm.memberID !== 0n) fields.push(`memberID:${BigInt.asUintN(64, alarm.memberID)}`);
  if (alarm.alarm !== 0) fields.push(`alarm:${alarmName(alarm.alarm)}`);
  return fields.join(" ");
}
