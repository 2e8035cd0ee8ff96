import { compareOnBoth } from "./compare.ts";
import { auth } from "./scripts/auth.ts";
import { kv } from "./scripts/kv.ts";
import { contests, leases } from "./scripts/lease.ts";
import { maintenance, mirror, quota, spoilers } from "./scripts/maintenance.ts";
import { transactions } from "./scripts/txn.ts";
import { watches } from "./scripts/watch.ts";

compareOnBoth("etcdctl: keys", kv);
compareOnBoth("etcdctl: transactions", transactions);
compareOnBoth("etcdctl: watches", watches);
compareOnBoth("etcdctl: leases", leases);
compareOnBoth("etcdctl: locks, elections", contests, { hashKv: false });
compareOnBoth("etcdctl: maintenance", maintenance);
compareOnBoth("etcdctl: quota", quota, { args: ["--quota-backend-bytes=2097152"] });
compareOnBoth("etcdctl: mirror", mirror, { withOther: true });
compareOnBoth("etcdctl: spoilers", spoilers, { hashKv: false });
compareOnBoth("etcdctl: users, roles, rights", auth);
