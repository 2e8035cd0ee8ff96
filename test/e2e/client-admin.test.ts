import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Client, ClientError } from "../../src/client/index.ts";
import { cleanUp, etcd37, freePort, quorate, type Server, scratch, start, until } from "./servers.ts";

/*
 * The administration of `quorate/client` against Quorate and against etcd 3.7.1: the same steps, the same answers. What differs by
 * nature (ids, sizes, hashes of files) is not part of the answers.
 */

afterAll(cleanUp);

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClientError) return `${error.codeName}: ${error.message}`;
    throw error;
  }
  return "it went well";
}

/** Users, roles and tokens. */
async function guarding(server: Server): Promise<unknown[]> {
  const running = await start(server);
  const client = new Client({ endpoints: running.url });
  const told: unknown[] = [];
  try {
    const { users, roles, auth } = client;
    await roles.add("root");
    await roles.add("jobs");
    await roles.grant("jobs", { prefix: "jobs/" }, "readwrite");
    await roles.grant("jobs", { from: "z" }, "read");
    told.push(await roles.get("jobs"), await failure(roles.add("jobs")), await failure(roles.revoke("jobs", "none")));
    told.push(await failure(auth.enable()), await failure(users.grantRole("nobody", "jobs")));
    await users.add("root", { password: "r" });
    await users.add("alice", { password: "a" });
    await users.add("certificate only");
    await users.grantRole("root", "root");
    await users.grantRole("alice", "jobs");
    told.push(await users.list(), await roles.list(), await users.get("alice"), await auth.status());
    await auth.enable();
    const alice = new Client({ endpoints: running.url, username: "alice", password: "a" });
    const root = new Client({ endpoints: running.url, username: "root", password: "r" });
    await alice.namespace("jobs/").put("1", "x");
    told.push(
      await failure(alice.put("other", "x")),
      await failure(alice.users.list()),
      await failure(client.get("a")),
    );
    told.push(await failure(new Client({ endpoints: running.url, username: "alice", password: "b" }).auth.login()));
    await root.users.changePassword("alice", "b");
    told.push(await failure(alice.auth.refresh()), (await root.auth.status()).enabled);
    await root.users.revokeRole("alice", "jobs");
    await root.roles.delete("jobs");
    told.push(await root.users.get("alice"), await failure(root.users.delete("root")));
    await root.auth.disable();
    told.push(await client.auth.status());
    alice.close();
    root.close();
  } finally {
    client.close();
    await running.stop();
  }
  return told;
}

/** Members, alarms, hashes, downgrades, snapshots. */
async function operating(server: Server): Promise<unknown[]> {
  const [one, two] = [await freePort(), await freePort()];
  const running = await start(server, { peerPort: one });
  const client = new Client({ endpoints: running.url });
  const told: unknown[] = [];
  try {
    const { cluster, maintenance } = client;
    const where = `http://127.0.0.1:${two}`;
    await until("the version of the cluster is settled", 20_000, async () => {
      return (await failure(maintenance.downgrade("validate", "3.6"))) === "it went well";
    });
    const added = await cluster.add(where, { learner: true });
    told.push({ learner: added.learner, name: added.name, urls: added.peerUrls.length });
    told.push(await failure(cluster.add(where, { learner: true })), await failure(cluster.promote(added.id)));
    told.push(
      await failure(cluster.promote(5n)),
      await failure(cluster.update(5n, where)),
      await failure(cluster.remove(5n)),
    );
    told.push(
      (await cluster.update(added.id, [where, `${where}0`.slice(0, -1)])).length,
      (await cluster.members()).length,
    );
    told.push((await cluster.remove(added.id)).length);
    const status = await maintenance.status({ endpoint: running.url });
    told.push(status.version, status.storageVersion, status.learner, status.errors, status.leader === status.memberId);
    const { revision } = await client.put("a", "1");
    await client.put("a", "2");
    told.push(await maintenance.hashKv({ revision }).then(({ memberId: _, ...rest }) => rest));
    await client.compact(revision, { physical: true });
    told.push(await failure(client.compact(revision)), await failure(maintenance.hashKv({ revision: 1 })));
    told.push(await failure(client.get("a", { revision: revision - 1 })));
    await maintenance.defragment({ endpoint: running.url });
    told.push(typeof (await maintenance.hash()).hash, await maintenance.alarms(), await maintenance.disarm());
    told.push(await failure(maintenance.moveLeader(5n)), await failure(maintenance.downgrade("validate", "3.1")));
    told.push(await maintenance.downgrade("validate", "3.6"), await failure(maintenance.downgrade("cancel")));
    const lease = await client.lease(60);
    await client.namespace("n/").put("k", "v", { lease });
    told.push(
      (await client.namespace("n/").leaseInfo(lease, { keys: true }))?.keys.map((key) => Buffer.from(key).toString()),
    );
    told.push((await client.leases()).length, await client.leaseInfo(77n));
    await lease.revoke();
    const file = await open(join(scratch(), "backup.db"), "w");
    const saved = await (await maintenance.snapshot({ endpoint: running.url })).saveTo(file);
    const { size } = await file.stat();
    await file.close();
    told.push(saved.version, size === saved.bytes, size % 512);
    told.push(
      await client.namespace("s/").stm(async (tx) => {
        tx.put("a", "1");
        return (await tx.get("a"))?.text;
      }),
    );
  } finally {
    client.close();
    await running.stop();
  }
  return told;
}

describe.skipIf(etcd37 === undefined)("quorate/client, beside etcd 3.7.1", () => {
  it("guards keys with users and roles as there", async () => {
    expect(await guarding(quorate)).toEqual(await guarding(etcd37!));
  });

  it("operates a member as there", async () => {
    expect(await operating(quorate)).toEqual(await operating(etcd37!));
  });
});
