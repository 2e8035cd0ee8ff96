/** What is known of one member. */
export interface MemberView {
  readonly name: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** It has answered since it was last started. */
  readonly served: boolean;
  /** How its last process ended: "killed", "ended (exit code 1)"; undefined before that. */
  readonly end: string | undefined;
  /** Undefined when it does not answer. */
  readonly leads: boolean | undefined;
  readonly knowsLeader: boolean;
}

/** What is known of a cluster on this machine. */
export interface Outlook {
  readonly members: readonly MemberView[];
  /** Not all members have served yet. */
  readonly starting: boolean;
}

export function majorityLost(up: number, members: number): boolean {
  return up < needed(members);
}

function needed(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** What a member is, in a word or two. */
export function roleOf(member: MemberView, { members, starting }: Outlook): string {
  if (member.pid === undefined) return member.end ?? (starting ? "not started yet" : "not started");
  const lost = majorityLost(members.filter(({ pid }) => pid !== undefined).length, members.length);
  if (member.leads === undefined) {
    if (member.served) return "does not answer";
    return lost ? "waits for a majority" : "starting";
  }
  // A leader steps down within an election timeout of losing its majority; it can write nothing from the first moment.
  if (lost || !member.knowsLeader) return "no leader";
  return member.leads ? "leader" : "follower";
}

/**
 * How the cluster is, in one line; where it cannot write, a second line says what brings it back. `commandFor` is how a command of
 * `quorate dev` is typed for this cluster.
 */
export function summary({ members, starting }: Outlook, commandFor: (line: string) => string): string {
  const dead = members.filter(({ pid }) => pid === undefined);
  const up = members.length - dead.length;
  const least = needed(members.length);
  const upText = `${up} of ${members.length} member${members.length === 1 ? "" : "s"} up`;
  if (starting) {
    const serving = members.filter(({ leads }) => leads !== undefined).length;
    return `starting: ${serving} of ${members.length} members serve`;
  }
  if (up < least) {
    const reads = members.some(({ leads }) => leads !== undefined)
      ? "nothing can be written, and reads wait; only reads with --consistency=s are answered"
      : "nothing can be read or written";
    const first = dead.slice(0, least - up).map(({ name }) => commandFor(`start ${name}`));
    return `majority lost: ${upText}, ${least} needed; ${reads}\nto get it back: ${first.join("; ")}`;
  }
  const leader = members.find(({ leads }) => leads === true);
  if (leader === undefined) return `no leader yet; ${upText}`;
  const missing = dead.length === 0 ? "" : `; ${dead.map(({ name }) => name).join(", ")} down`;
  return `${leader.name} leads; ${upText}${missing}`;
}
