/**
 * The data section of a snapshot: a dump, as JSON, of the store that etcd kept its membership in up to 3.5. etcd 3.7 still writes it and reads
 * it no more; 3.5 and 3.6 load it when they start and when a leader sends a snapshot, so a member that may lead them must write it.
 *
 *     /0/members/<id, hex>/raftAttributes   {"peerURLs":[..],"isLearner":true?}
 *     /0/members/<id, hex>/attributes       {"name":"..","clientURLs":[..]}, once the member has published itself
 *     /0/removed_members/<id, hex>          ""
 *     /0/version                            3.7.0
 *     /1                                    the users' keys of API v2: none
 *
 * Each of these was "written" once, in this order, and got the next index; directories on the way take the index of the
 * write that needed them. The dump repeats the writes as a ring of the last 1000 events.
 */
import { formatSemVer, hexId, type SemVer, utf8 } from "../../base/index.ts";

/** A member as the snapshot tells of it. */
export interface SnapshotMember {
  readonly id: bigint;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export interface SnapshotMembership {
  readonly members: Iterable<SnapshotMember>;
  readonly removed: Iterable<bigint>;
  readonly clusterVersion: SemVer | undefined;
}

const EVENTS_MAX = 1000;
const NEVER = "0001-01-01T00:00:00Z";

/** A directory has children, a value has none: null in the dump. */
interface Node {
  Path: string;
  CreatedIndex: number;
  ModifiedIndex: number;
  ExpireTime: string;
  Value: string;
  Children: Record<string, Node> | null;
}

interface Event {
  action: "create" | "set";
  node: { key: string; value: string; modifiedIndex: number; createdIndex: number };
}

/** Encodes the membership; members and removed ids in ascending order of id (etcd's own order is chance). */
export function membershipSnapshotData(membership: SnapshotMembership): Uint8Array {
  const root = node("/", 0, true);
  const cluster = child(root, "0", 0, true);
  child(root, "1", 0, true);
  const events: Event[] = [];
  let index = 0;
  let creates = 0;
  const write = (action: Event["action"], path: readonly string[], value: string): void => {
    index++;
    if (action === "create") creates++;
    let at = cluster;
    for (const name of path.slice(0, -1)) at = at.Children?.[name] ?? child(at, name, index, true);
    const written = child(at, path.at(-1)!, index, false);
    written.Value = value;
    events.push({ action, node: { key: written.Path, value, modifiedIndex: index, createdIndex: index } });
  };
  const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
  for (const member of [...membership.members].sort((a, b) => ascending(a.id, b.id))) {
    const raftAttributes = { peerURLs: member.peerURLs, ...(member.isLearner ? { isLearner: true } : {}) };
    write("create", ["members", hexId(member.id), "raftAttributes"], goJson(raftAttributes));
    if (member.clientURLs.length > 0) {
      const attributes = { ...(member.name === "" ? {} : { name: member.name }), clientURLs: member.clientURLs };
      write("set", ["members", hexId(member.id), "attributes"], goJson(attributes));
    }
  }
  for (const id of [...membership.removed].sort(ascending)) write("create", ["removed_members", hexId(id)], "");
  if (membership.clusterVersion !== undefined) write("set", ["version"], formatSemVer(membership.clusterVersion));

  const size = Math.min(events.length, EVENTS_MAX);
  const ring: (Event | null)[] = new Array<Event | null>(EVENTS_MAX).fill(null);
  for (const [at, event] of events.entries()) ring[at % EVENTS_MAX] = event;
  return utf8(
    goJson({
      Root: root,
      WatcherHub: {
        EventHistory: {
          Queue: {
            Events: ring,
            Size: size,
            Front: Math.max(0, events.length - EVENTS_MAX) % EVENTS_MAX,
            Back: events.length % EVENTS_MAX,
            Capacity: EVENTS_MAX,
          },
          StartIndex: index === 0 ? 0 : index - size + 1,
          LastIndex: index,
        },
      },
      CurrentIndex: index,
      Stats: {
        getsSuccess: 0,
        // etcd looks for members in the empty store first.
        getsFail: 1,
        setsSuccess: events.length - creates,
        setsFail: 0,
        deleteSuccess: 0,
        deleteFail: 0,
        updateSuccess: 0,
        updateFail: 0,
        createSuccess: creates,
        createFail: 0,
        compareAndSwapSuccess: 0,
        compareAndSwapFail: 0,
        compareAndDeleteSuccess: 0,
        compareAndDeleteFail: 0,
        expireCount: 0,
        watchers: 0,
      },
      CurrentVersion: 2,
    }),
  );
}

function node(path: string, index: number, directory: boolean): Node {
  return {
    Path: path,
    CreatedIndex: index,
    ModifiedIndex: index,
    ExpireTime: NEVER,
    Value: "",
    Children: directory ? {} : null,
  };
}

function child(parent: Node, name: string, index: number, directory: boolean): Node {
  const made = node(parent.Path === "/" ? `/${name}` : `${parent.Path}/${name}`, index, directory);
  parent.Children![name] = made;
  return made;
}

/** JSON as Go's encoder writes it: keys of maps sorted, and <, >, &, U+2028 and U+2029 escaped. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (key, inner: unknown) => (key === "Children" ? sorted(inner) : inner));
  return text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sorted(children: unknown): unknown {
  if (children === null) return null;
  // All names start with a letter, or are ids and "0" and "1"; integer-like ones come first in any object, in their order.
  return Object.fromEntries(Object.entries(children as Record<string, Node>).sort(([a], [b]) => (a < b ? -1 : 1)));
}
