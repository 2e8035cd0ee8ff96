import { Cluster } from "./cluster.ts";
import { quorate, type Running, scratch, start } from "./servers.ts";
import { play, type Step, type Transcript } from "./transcript.ts";

/** What three members must say otherwise than one alone: steps that speak of the members, by title and name. */
const ofThree: Readonly<Record<string, RegExp>> = {
  "etcdctl: maintenance: endpoint status":
    /^\S+, [0-9a-f]{12,16}, 3\.7\.1, \d+ kB, (true|false), false, \d, \d+, \d+, \n/,
  "etcdctl: maintenance: endpoint status -w table": /\| +3\.7\.1 \| +\d+ kB \| +(true|false) \| +false \|/,
  "etcdctl: maintenance: endpoint status --cluster": /^(http\S+, \w{12,16}, 3\.7\.1, .*\n){3}\[exit 0\]$/,
  "etcdctl: maintenance: endpoint health --cluster": /^\[stderr\]\n(http\S+ is healthy: .*\n){3}\[exit 0\]$/,
  "etcdctl: maintenance: member list": /^(\w{12,16}, started, m[123], http\S+, http\S+, false\n){3}\[exit 0\]$/,
  "etcdctl: maintenance: member list -w json":
    /^\{"header":\{.*\},"members":\[(\{"ID":\d+,"name":"m[123]",.*\},?){3}\]\}\n/,
  "etcdctl: maintenance: member list -w table":
    /(\| +\w{12,16} \| started \| +m[123] \| http\S+ \| http\S+ \| +false \|\n){3}/,
  "etcdctl: maintenance: member list -w fields": /("ID" : \d+\n"Name" : "m[123]"\n(.*\n){3}\n){3}/,
  "etcdctl: maintenance: member list -w protobuf": /m1[\s\S]*m2|m2[\s\S]*m1/,
  "etcdctl: maintenance: member list --hex": /^(\w{12,16}, started, m[123], .*\n){3}/,
  "etcdctl: users, roles, rights: alice: member list": /^(\w{12,16}, started, m[123], .*\n){3}/,
  "gateway: /v3/cluster/member/list {}": /"members":\[(\{"ID":"\d+","name":"m[123]",[^}]*\},?){3}\]\}\n/,
  // The client wants the leader among its endpoints.
  "etcdctl: maintenance: move-leader 1234":
    /Error: (etcdserver: bad leader transferee|no leader endpoint given at .*)\n/,
  "etcdctl: users, roles, rights: alice: move-leader 1":
    /Error: (etcdserver: permission denied|no leader endpoint given at .*)\n/,
  // Only the leader gives its office away.
  'gateway: /v3/maintenance/transfer-leadership {"targetID":1}': /"etcdserver: (bad leader transferee|not leader)"/,
  // Two rows of members more.
  "etcdctl: maintenance: snapshot status {dir}/saved.db": /^[0-9a-f]+, 16, 16, 20 kB\n\[exit 0\]$/,
  "etcdctl: maintenance: snapshot status {dir}/saved.db -w json":
    /"revision":16,"totalKey":16,"totalSize":20480\}\n\[exit 0\]$/,
  "etcdctl: quota: status tells the alarm":
    /, 1\.2 MB, (true|false), false, \d, \d+, \d+, memberID:\d+ alarm:NOSPACE\n/,
  // Members count as healthy once they have been connected for five seconds.
  "etcdctl: spoilers: member add x --peer-urls=http://127.0.0.1:1":
    /^Member <id> added|Error: etcdserver: unhealthy cluster\n/,
};

/** Hides what must differ: addresses, who answers, how often was voted, how many entries that took, pages of the file. */
function ofAnyCluster(name: string, text: string | undefined): string | undefined {
  // Revision and term stand behind tags 0x18 and 0x20; the length before the ids, and the ids, may have bytes that look like the first.
  const header = /^[\s\S]*?\\x18((?:(?!\\x18)[\s\S]){1,8}?|\\x18) \\x0\d/;
  if (/\bprotobuf\b/.test(name)) text = text?.replace(header, "<header of revision $1>");
  return text
    ?.replace(/127\.0\.0\.1:\d{4,5}/g, "127.0.0.1:<port>")
    .replace(/memberID:\d+ alarm/g, "memberID:<n> alarm")
    .replace(
      /("(?:cluster_id|member_id|memberID|leader|raft_?term|raft_?index|raftAppliedIndex|dbSize\w*)":"?)\d+/gi,
      "$1<n>",
    )
    .replace(/("(?:ClusterID|MemberID|Leader|RaftTerm|RaftIndex|RaftAppliedIndex|DBSize\w*)" : )\d+/g, "$1<n>");
}

/** Plays a script at one of three members, of which the first leads. */
export async function playAtMember(
  at: number,
  steps: readonly Step[],
  options: { readonly args?: readonly string[]; readonly withOther?: boolean },
): Promise<Transcript> {
  const cluster = await Cluster.start([quorate, quorate, quorate], options.args);
  let other: Running | undefined;
  try {
    await cluster.moveLeader(0);
    if (options.withOther) other = await start(quorate);
    const place = { server: { url: cluster.url(at) }, directory: scratch() };
    return await play(steps, other === undefined ? place : { ...place, other });
  } finally {
    await other?.stop();
    await cluster.stopAll();
  }
}

/** Steps that one of three members answered otherwise than a member alone. */
export function unlikeAlone(title: string, alone: Transcript, three: Transcript): string[] {
  return [...alone].flatMap(([name, text]) => {
    const said = three.get(name);
    const expected = ofThree[`${title}: ${name}`];
    const alike =
      expected === undefined
        ? ofAnyCluster(name, said) === ofAnyCluster(name, text)
        : said !== undefined && expected.test(said);
    return alike ? [] : [`${name}\nalone: ${text}\nthree: ${said}`];
  });
}
