import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Etcd3, EtcdLeaseInvalidError } from "etcd3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, quorate, type Running, run, scratch, start } from "./servers.ts";

const python = "/usr/bin/python3";
const flows = ["keys", "transactions", "watches", "leases", "locks", "cluster"];

/** What a Python of Debian's can import. */
async function has(module: string): Promise<boolean> {
  return (await run(python, ["-c", `import ${module}`])).code === 0;
}

for (const module of ["etcd3", "etcd3gw"]) {
  const there = await has(module);
  const name = `python3-${module}`;
  describe.skipIf(!there)(there ? name : `${name} (skipped: ${name} missing)`, () => {
    afterAll(cleanUp);

    it(`does ${flows.join(", ")}`, async () => {
      const server = await start(quorate);
      const script = fileURLToPath(new URL(`python/with_${module}.py`, import.meta.url));
      const outcome = await run(python, ["-W", "ignore", script, String(server.port), join(scratch(), "snapshot")]);
      expect(outcome.stdout.trim().split("\n"), outcome.stderr).toEqual(flows);
      expect(outcome.code, outcome.stderr).toBe(0);
      await server.stop();
    });
  });
}

describe("npm etcd3", () => {
  let server: Running;
  let client: Etcd3;

  beforeAll(async () => {
    server = await start(quorate);
    client = new Etcd3({ hosts: server.url });
  });
  afterAll(async () => {
    client.close();
    await server.stop();
    await cleanUp();
  });

  it("puts, gets, ranges and deletes", async () => {
    await client.put("n/a").value("1");
    await client.put("n/b").value(Buffer.from([0, 255]));
    expect(await client.get("n/a").string()).toBe("1");
    expect(await client.get("n/b").buffer()).toEqual(Buffer.from([0, 255]));
    expect(await client.get("n/none")).toBeNull();
    await client.put("n/c").value("3");
    expect(await client.getAll().prefix("n/").keys()).toEqual(["n/a", "n/b", "n/c"]);
    expect(await client.getAll().prefix("n/").sort("Key", "Descend").limit(2).keys()).toEqual(["n/c", "n/b"]);
    expect(await client.getAll().prefix("n/").count()).toBe(3);
    const before = await client.put("n/a").value("2").getPrevious();
    expect(before?.value.toString()).toBe("1");
    expect(
      await client
        .get("n/a")
        .revision(before?.mod_revision ?? "0")
        .string(),
    ).toBe("1");
    expect((await client.delete().prefix("n/")).deleted).toBe("3");
  });

  it("does transactions, also as a loop", async () => {
    const first = await client.if("once", "Create", "==", 0).then(client.put("once").value("x")).commit();
    const second = await client
      .if("once", "Create", "==", 0)
      .then(client.put("once").value("y"))
      .else(client.get("once"))
      .commit();
    expect([first.succeeded, second.succeeded]).toEqual([true, false]);
    expect(second.responses[0]?.response_range?.kvs[0]?.value.toString()).toBe("x");
    await client.put("counter").value(0);
    await Promise.all(
      Array.from({ length: 8 }, () =>
        client.stm({ retries: 50 }).transact(async (tx) => {
          const now = await tx.get("counter").number();
          await tx.put("counter").value((now ?? 0) + 1);
        }),
      ),
    );
    expect(await client.get("counter").number()).toBe(8);
    await expect(
      client
        .if("a", "Version", "==", 0)
        .then({ request: "nonsense" } as never)
        .commit(),
    ).rejects.toThrow();
  });

  it("watches, from now and from history", async () => {
    const { header } = await client.put("w/0").value("a");
    const live = await client.watch().prefix("w/").create();
    const seen: string[] = [];
    const all = new Promise<void>((resolve) => {
      live.on("put", (kv) => seen.push(`put ${kv.key} ${kv.value}`));
      live.on("delete", (kv) => {
        seen.push(`delete ${kv.key}`);
        resolve();
      });
    });
    await client.put("w/1").value("b");
    await client.delete().key("w/1");
    await all;
    expect(seen).toEqual(["put w/1 b", "delete w/1"]);
    await live.cancel();
    const past = await client.watch().prefix("w/").startRevision(header.revision).create();
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      past.on("data", (response) => {
        for (const event of response.events) events.push(`${event.type} ${event.kv.key}`);
        if (events.length >= 3) resolve();
      });
    });
    expect(events).toEqual(["Put w/0", "Put w/1", "Delete w/1"]);
    await past.cancel();
  });

  it("grants, keeps and revokes leases", async () => {
    const lease = client.lease(10);
    await lease.put("leased").value("x");
    const id = await lease.grant();
    await lease.keepaliveOnce();
    expect(await client.leaseClient.leaseTimeToLive({ ID: id, keys: true })).toMatchObject({
      grantedTTL: "10",
      keys: [Buffer.from("leased")],
    });
    await lease.revoke();
    expect(await client.get("leased")).toBeNull();
    await expect(client.put("leased").value("x").lease(id)).rejects.toThrow();
    const lost = client.lease(10);
    const lostId = await lost.grant();
    await client.leaseClient.leaseRevoke({ ID: lostId });
    await expect(lost.keepaliveOnce()).rejects.toBeInstanceOf(EtcdLeaseInvalidError);
    await lost.release();
  });

  it("locks", async () => {
    const order: string[] = [];
    const lock = client.lock("door").ttl(10);
    await lock.acquire();
    await expect(client.lock("door").ttl(10).acquire()).rejects.toThrow();
    order.push("released");
    await lock.release();
    await client
      .lock("door")
      .ttl(10)
      .do(() => {
        order.push("inside");
      });
    expect(order).toEqual(["released", "inside"]);
  });

  it("elects", async () => {
    const election = client.election("office", 10);
    const alice = election.campaign("alice");
    await new Promise<void>((resolve) => alice.on("elected", resolve));
    expect(await election.leader()).toBe("alice");
    await alice.proclaim("alice again");
    expect(await election.leader()).toBe("alice again");
    const bob = client.election("office", 10).campaign("bob");
    const elected = new Promise<void>((resolve) => bob.on("elected", resolve));
    await alice.resign();
    await elected;
    expect(await election.leader()).toBe("bob");
    await bob.resign();
    expect(await election.leader()).toBeUndefined();
  });

  it("asks for members, status and roles", async () => {
    expect((await client.cluster.memberList({})).members.map((member) => member.name)).toEqual(["m1"]);
    expect((await client.maintenance.status()).version).toBe("3.7.1");
    await client.role("r").create();
    await client.role("r").grant({ permission: "Read", range: client.range({ prefix: "x" }) });
    await client.user("u").create("secret");
    await client.user("u").addRole("r");
    expect(await client.user("u").roles()).toMatchObject([{ name: "r" }]);
    await client.user("u").delete();
    await client.role("r").delete();
  });
});
