/**
 * Where Debian's etcd 3.4.23 and Quorate (etcd 3.7.1's twin) answer one and the same command differently. Nothing is
 * filtered away: both answers are spelled out, and the test fails if either server says something else, or if a listed
 * difference is none.
 */
export interface Difference {
  /** Title of the script. */
  readonly script: string;
  /** Name of the step. */
  readonly step: string;
  readonly reason: string;
  readonly etcd34: string | RegExp;
  readonly quorate: string | RegExp;
}

const lines = (...text: string[]): string => text.join("\n");
const refused = (text: string, code = 1): string => lines("[stderr]", `Error: ${text}`, `[exit ${code}]`);

const keysOnly = "3.7 answers keys_only from the index in memory, which knows no leases";
const statusIndex =
  "the version; and 3.4 sets the cluster version twice (3.0, then 3.4), which is one raft entry more than in 3.7, on a busy machine two; the size of the file depends on how commits fell";
const storageKeys = "3.7 keeps term, confState and storageVersion in the meta bucket: three keys more, another CRC";
const alarmHeader = "3.4 gives answers about alarms no header";
const open34 = "3.4 answers anybody while authentication is on; 3.5 and later ask for a user";
const rightsFirst = "3.7 asks for root before it looks at the request; 3.4 lets anybody through to the store";
const authPrefix = "3.4's maintenance service does not translate errors of the auth store to those of the catalogue";
const errorBody = "3.4's gateway v1 has an error key beside the message; FAILED_PRECONDITION became 400 instead of 412";
const noUser = "etcdserver: user name is empty";
const denied = "etcdserver: permission denied";

/** Errors of the gateway; `status` is that of 3.7. */
const gatewayErrors: readonly (readonly [step: string, status: number, code: number, message: string])[] = [
  ['/v3/kv/range {"key":"aw==","revision":99}', 400, 11, "etcdserver: mvcc: required revision is a future revision"],
  ["/v3/kv/range {}", 400, 3, "etcdserver: key is not provided"],
  ["/v3/kv/range not json", 400, 3, "invalid character 'o' in literal null (expecting 'u')"],
  ["an empty body", 400, 3, "etcdserver: key is not provided"],
  ["an empty request in a transaction", 400, 3, "etcdserver: key not found"],
  ["the same lease again", 400, 9, "etcdserver: lease already exists"],
  ['/v3/lease/grant {"ID":"2233785415175766018","TTL":"9000000001"}', 400, 11, "etcdserver: too large lease TTL"],
  ["put with an unknown lease", 404, 5, "etcdserver: requested lease not found"],
  [
    '/v3/kv/put {"key":"bGVhc2Vk","value":"eQ==","ignore_lease":true,"lease":"2233785415175766017"}',
    400,
    3,
    "etcdserver: lease is provided",
  ],
  ['/v3/kv/put {"key":"bGVhc2Vk","value":"eQ==","ignore_value":true}', 400, 3, "etcdserver: value is provided"],
  ["revoked twice", 404, 5, "etcdserver: requested lease not found"],
  ["no leader yet", 500, 2, "election: no leader"],
  ['/v3/election/proclaim {"value":"bm9ib2R5"}', 500, 2, '"leader" field must be provided'],
  ["/v3/election/resign {}", 500, 2, '"leader" field must be provided'],
  ["after the resignation", 500, 2, "election: no leader"],
  [
    '/v3/kv/compaction {"revision":4,"physical":true}',
    400,
    11,
    "etcdserver: mvcc: required revision has been compacted",
  ],
  ['/v3/kv/compaction {"revision":999}', 400, 11, "etcdserver: mvcc: required revision is a future revision"],
  ["a compacted revision", 400, 11, "etcdserver: mvcc: required revision has been compacted"],
  ['/v3/maintenance/transfer-leadership {"targetID":1}', 400, 9, "etcdserver: bad leader transferee"],
  ['/v3/cluster/member/remove {"ID":1}', 404, 5, "etcdserver: member not found"],
  ['/v3/cluster/member/update {"ID":1,"peerURLs":["http://127.0.0.1:1"]}', 404, 5, "etcdserver: member not found"],
  ["authentication without a root user", 400, 9, "etcdserver: root user does not exist"],
  ['/v3/auth/user/add {"name":"","password":"secret"}', 400, 3, "etcdserver: user name is empty"],
  ["authentication without the root role", 400, 9, "etcdserver: root user does not have root role"],
  ["a token while it is off", 400, 9, "etcdserver: authentication is not enabled"],
  ["no token", 400, 3, "etcdserver: user name is empty"],
  ["a bad token", 401, 16, "etcdserver: invalid auth token"],
  [
    '/v3/auth/authenticate {"name":"root","password":"wrong"}',
    400,
    3,
    "etcdserver: authentication failed, invalid user ID or password",
  ],
];

/** What curl prints of an answer. */
function answer(status: number, body: string, type = "application/json"): string {
  return lines(body, `[http ${status} ${type}]`, "[exit 0]");
}

const page = "text/plain; charset=utf-8";
const gatewayHeader = /^\{"header":\{"cluster_id":"\d+","member_id":"\d+","revision":"20","raft_term":"2"\}/;

export const differences: readonly Difference[] = [
  {
    script: "etcdctl: leases",
    step: "get k1 --keys-only -w json",
    reason: keysOnly,
    etcd34: /"kvs":\[\{"key":"azE=","create_revision":2,"mod_revision":2,"version":1,"lease":2233785415175766017\}\]/,
    quorate: /"kvs":\[\{"key":"azE=","create_revision":2,"mod_revision":2,"version":1\}\]/,
  },

  {
    script: "etcdctl: maintenance",
    step: "endpoint status",
    reason: statusIndex,
    etcd34: /^127\.0\.0\.1:\d+, [0-9a-f]{1,16}, 3\.4\.23, 2\d kB, true, false, 2, (19|20), (19|20), \n\[exit 0\]$/,
    quorate: /^127\.0\.0\.1:\d+, [0-9a-f]{1,16}, 3\.7\.1, 2\d kB, true, false, 2, 18, 18, \n\[exit 0\]$/,
  },
  {
    script: "etcdctl: maintenance",
    step: "endpoint status --cluster",
    reason: statusIndex,
    etcd34:
      /^http:\/\/127\.0\.0\.1:\d+, [0-9a-f]{1,16}, 3\.4\.23, 2\d kB, true, false, 2, (19|20), (19|20), \n\[exit 0\]$/,
    quorate: /^http:\/\/127\.0\.0\.1:\d+, [0-9a-f]{1,16}, 3\.7\.1, 2\d kB, true, false, 2, 18, 18, \n\[exit 0\]$/,
  },
  {
    script: "etcdctl: maintenance",
    step: "endpoint status -w json",
    reason: statusIndex,
    etcd34:
      /"revision":15,"raft_term":2\},"version":"3\.4\.23","dbSize":2\d{4},"leader":\d+,"raftIndex":(19|20),"raftTerm":2,"raftAppliedIndex":(19|20),"dbSizeInUse":\d+\}\}\]\n\[exit 0\]$/,
    quorate:
      /"revision":15,"raft_term":2\},"version":"3\.7\.1","dbSize":2\d{4},"leader":\d+,"raftIndex":18,"raftTerm":2,"raftAppliedIndex":18,"dbSizeInUse":\d+\}\}\]\n\[exit 0\]$/,
  },
  {
    script: "etcdctl: maintenance",
    step: "endpoint status -w fields",
    reason: statusIndex,
    etcd34: /"Version" : "3\.4\.23"\n"DBSize" : 2\d{4}\n"Leader" : \d+\n"IsLearner" : false\n"RaftIndex" : (19|20)\n/,
    quorate: /"Version" : "3\.7\.1"\n"DBSize" : 2\d{4}\n"Leader" : \d+\n"IsLearner" : false\n"RaftIndex" : 18\n/,
  },
  {
    script: "etcdctl: maintenance",
    step: "endpoint status -w table",
    reason: statusIndex,
    etcd34: / 3\.4\.23 \| {3}2\d kB \| {6}true \| {6}false \| {9}2 \| {9}(19|20) \| {17}(19|20) \| {8}\|/,
    quorate: / 3\.7\.1 \| {3}2\d kB \| {6}true \| {6}false \| {9}2 \| {9}18 \| {17}18 \| {8}\|/,
  },
  {
    script: "etcdctl: maintenance",
    step: "alarm list -w json",
    reason: alarmHeader,
    etcd34: "{}\n[exit 0]",
    quorate: /^\{"header":\{"cluster_id":\d+,"member_id":\d+,"revision":15,"raft_term":2\}\}\n\[exit 0\]$/,
  },
  {
    script: "etcdctl: maintenance",
    step: "snapshot status {dir}/saved.db",
    reason: storageKeys,
    etcd34: /^[0-9a-f]+, 16, 11, 20 kB\n\[exit 0\]$/,
    quorate: /^[0-9a-f]+, 16, 14, 20 kB\n\[exit 0\]$/,
  },
  {
    script: "etcdctl: maintenance",
    step: "snapshot status {dir}/saved.db -w json",
    reason: storageKeys,
    etcd34: /^\{"hash":\d+,"revision":16,"totalKey":11,"totalSize":20480\}\n\[exit 0\]$/,
    quorate: /^\{"hash":\d+,"revision":16,"totalKey":14,"totalSize":20480\}\n\[exit 0\]$/,
  },

  {
    script: "etcdctl: quota",
    step: "alarm list -w json",
    reason: alarmHeader,
    etcd34: /^\{"alarms":\[\{"memberID":\d+,"alarm":1\}\]\}\n\[exit 0\]$/,
    quorate: /^\{"header":\{.*"revision":2,"raft_term":2\},"alarms":\[\{"memberID":\d+,"alarm":1\}\]\}\n\[exit 0\]$/,
  },
  {
    script: "etcdctl: quota",
    step: "status tells the alarm",
    reason: `${statusIndex}; the text form of an alarm ends with a blank in 3.4's protobuf library`,
    etcd34: /, 3\.4\.23, 1\.2 MB, true, false, 2, (12|13), (12|13), memberID:\d+ alarm:NOSPACE \n\[exit 0\]$/,
    quorate: /, 3\.7\.1, 1\.2 MB, true, false, 2, 11, 11, memberID:\d+ alarm:NOSPACE\n\[exit 0\]$/,
  },

  ...(
    [
      ["nobody lists members", /started, m1/, refused(noUser)],
      [
        "nobody asks for the status",
        /"version":"3\.4\.23"/,
        /^\[\]\n\[stderr\]\nFailed to get the status of endpoint 127\.0\.0\.1:\d+ \(etcdserver: user name is empty\)\n\[exit 1\]$/,
      ],
      ["nobody lists alarms", "[exit 0]", refused(noUser)],
      ["nobody lists leases", /^found 1 leases\n[0-9a-f]{16}\n\[exit 0\]$/, refused(noUser, 2)],
    ] as const
  ).map(([step, etcd34, quorate]) => ({
    script: "etcdctl: users, roles, rights",
    step,
    reason: open34,
    etcd34,
    quorate,
  })),
  ...(
    [
      ["nobody compacts", refused("etcdserver: mvcc: required revision is a future revision"), refused(noUser)],
      ["alice: compaction 1000", refused("etcdserver: mvcc: required revision is a future revision"), refused(denied)],
      ["alice: move-leader 1", refused("etcdserver: bad leader transferee"), refused(denied)],
    ] as const
  ).map(([step, etcd34, quorate]) => ({
    script: "etcdctl: users, roles, rights",
    step,
    reason: rightsFirst,
    etcd34,
    quorate,
  })),
  ...(
    [
      [
        "nobody saves a snapshot",
        refused("rpc error: code = Unknown desc = auth: user name is empty", 5),
        refused(noUser, 5),
      ],
      [
        "nobody defrags",
        /Failed to defragment etcd member\[[\d.:]+\] \(rpc error: code = Unknown desc = auth: user name is empty\)/,
        /Failed to defragment etcd member\[[\d.:]+\] \(etcdserver: user name is empty\)/,
      ],
      [
        "nobody hashes",
        /\nError: rpc error: code = Unknown desc = auth: user name is empty\n\[exit 1\]$/,
        /\nError: etcdserver: user name is empty\n\[exit 1\]$/,
      ],
      [
        "alice: defrag",
        /Failed to defragment etcd member\[[\d.:]+\] \(rpc error: code = Unknown desc = auth: permission denied\)/,
        /Failed to defragment etcd member\[[\d.:]+\] \(etcdserver: permission denied\)/,
      ],
      [
        "alice: endpoint hashkv",
        /\nError: rpc error: code = Unknown desc = auth: permission denied\n\[exit 1\]$/,
        /\nError: etcdserver: permission denied\n\[exit 1\]$/,
      ],
      [
        "alice: snapshot save {dir}/alice.db",
        refused("rpc error: code = Unknown desc = auth: permission denied", 5),
        refused(denied, 5),
      ],
    ] as const
  ).map(([step, etcd34, quorate]) => ({
    script: "etcdctl: users, roles, rights",
    step,
    reason: authPrefix,
    etcd34,
    quorate,
  })),

  ...gatewayErrors.map(([step, status, code, message]) => {
    const text = JSON.stringify(message);
    return {
      script: "gateway",
      step,
      reason: errorBody,
      etcd34: answer(code === 9 ? 412 : status, `{"error":${text},"message":${text},"code":${code}}`),
      quorate: answer(status, `{"code":${code},"message":${text}}`),
    };
  }),
  ...(
    [
      [
        '/v3/kv/range {"key":"!!!"}',
        `${errorBody}; and protojson names the field`,
        answer(
          400,
          '{"error":"illegal base64 data at input byte 0","message":"illegal base64 data at input byte 0","code":3}',
        ),
        answer(400, '{"code":3,"message":"proto: (line 1:8): invalid value for bytes field key: \\"!!!\\""}'),
      ],
      [
        "watch from a negative revision",
        "3.4 watches from now on, 3.5 and later refuse",
        /^\{"result":\{"header":\{[^}]*\},"created":true\}\}\n\[SIGKILL\]$/,
        /^\{"result":\{"header":\{[^}]*\},"watch_id":"-1","created":true,"canceled":true,"cancel_reason":"etcdserver: mvcc: required revision has been compacted"\}\}\n\[SIGKILL\]$/,
      ],
      [
        "/v3/maintenance/status {}",
        `${statusIndex}; 3.6 added what comes after dbSizeInUse`,
        /"version":"3\.4\.23","dbSize":"\d+","leader":"\d+","raftIndex":"(38|39|40)","raftTerm":"2","raftAppliedIndex":"(38|39|40)","dbSizeInUse":"\d+"\}\n/,
        /"version":"3\.7\.1","dbSize":"\d+","leader":"\d+","raftIndex":"37","raftTerm":"2","raftAppliedIndex":"37","dbSizeInUse":"\d+","storageVersion":"3\.7\.0","dbSizeQuota":"2147483648","downgradeInfo":\{\}\}\n/,
      ],
      ["/v3/maintenance/alarm {}", alarmHeader, answer(200, "{}"), gatewayHeader],
      [
        '/v3/maintenance/alarm {"action":"ACTIVATE","alarm":"NOSPACE"}',
        alarmHeader,
        answer(200, '{"alarms":[{"alarm":"NOSPACE"}]}'),
        gatewayHeader,
      ],
      ["the alarm that was raised", alarmHeader, answer(200, '{"alarms":[{"alarm":"NOSPACE"}]}'), gatewayHeader],
      [
        '/v3/maintenance/alarm {"action":"DEACTIVATE","alarm":"NOSPACE"}',
        alarmHeader,
        answer(200, '{"alarms":[{"alarm":"NOSPACE"}]}'),
        gatewayHeader,
      ],
      [
        "health with the alarm",
        "3.5 added the reason",
        answer(503, '{"health":"false"}\n', page),
        answer(503, '{"health":"false","reason":"ALARM NOSPACE"}\n', page),
      ],
      ...["health without regard to the alarm", "/health", "/health, linearizable off"].map(
        (step) =>
          [
            step,
            "3.5 added the reason",
            answer(200, '{"health":"true"}', page),
            answer(200, '{"health":"true","reason":""}', page),
          ] as const,
      ),
      [
        "/version",
        "the versions; 3.6 added that of the storage",
        answer(200, '{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}'),
        answer(200, '{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}'),
      ],
      [
        "a method that is none",
        "gateway v2 answers in JSON",
        answer(404, "Not Found\n", page),
        answer(404, '{"code":5,"message":"Not Found"}'),
      ],
      [
        "GET of a method",
        "gateway v2 answers in JSON, with the status of UNIMPLEMENTED",
        answer(405, "Method Not Allowed\n", page),
        answer(501, '{"code":12,"message":"Method Not Allowed"}'),
      ],
      [
        "headers of an error",
        "gateway v1 announces trailers",
        /\nTrailer: Grpc-Trailer-Content-Type\\x0d\n/,
        /^(?![\s\S]*Trailer)[\s\S]*\nContent-Type: application\/json\\x0d\n/,
      ],
      [
        "headers of /metrics",
        "a newer Prometheus library names its escaping",
        /\nContent-Type: text\/plain; version=0\.0\.4; charset=utf-8\\x0d\n/,
        /\nContent-Type: text\/plain; version=0\.0\.4; charset=utf-8; escaping=underscores\\x0d\n/,
      ],
    ] as const
  ).map(([step, reason, etcd34, quorate]) => ({ script: "gateway", step, reason, etcd34, quorate })),
];

/** Where Quorate differs from etcd 3.7.1 itself: script, step, reason. */
export const notAs37: readonly (readonly [script: string, step: string, reason: string])[] = [
  ["gateway", "/v3/maintenance/status {}", "dbSizeInUse: pages freed by the last batch count as free sooner"],
];
