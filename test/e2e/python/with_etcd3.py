"""Debian's python3-etcd3 against the server on the port given: prints one line per flow, fails by exception."""

import sys
import threading
import time

import etcd3
import etcd3.exceptions

client = etcd3.client(host="127.0.0.1", port=int(sys.argv[1]))


def keys():
    client.put("py/a", "1")
    client.put("py/b", "2")
    previous = client.put("py/a", "3", prev_kv=True)
    assert previous.prev_kv.value == b"1", previous
    value, meta = client.get("py/a")
    assert (value, meta.key, meta.version) == (b"3", b"py/a", 2), (value, meta.version)
    assert client.get("py/none") == (None, None)
    found = [(m.key, v) for v, m in client.get_prefix("py/")]
    assert found == [(b"py/a", b"3"), (b"py/b", b"2")], found
    found = [m.key for _, m in client.get_prefix("py/", sort_order="descend", sort_target="key")]
    assert found == [b"py/b", b"py/a"], found
    found = [m.key for _, m in client.get_range("py/a", "py/b")]
    assert found == [b"py/a"], found
    found = [(m.key, v) for v, m in client.get_prefix("py/", keys_only=True)]
    assert found == [(b"py/a", b""), (b"py/b", b"")], found
    assert client.replace("py/b", "2", "22") is True
    assert client.replace("py/b", "2", "222") is False
    assert client.put_if_not_exists("py/b", "x") is False
    assert client.put_if_not_exists("py/c", "x") is True
    assert client.delete("py/c") is True
    assert client.delete("py/c") is False
    assert client.delete_prefix("py/").deleted == 2
    assert len(list(client.get_all())) == 0


def transactions():
    client.put("t", "1")
    tx = client.transactions
    ok, responses = client.transaction(
        compare=[tx.value("t") == "1", tx.version("t") > 0, tx.create("t") > 0, tx.mod("t") > 0],
        success=[tx.put("t", "2"), tx.get("t"), tx.put("u", "1"), tx.delete("nothing")],
        failure=[tx.put("t", "lost")],
    )
    assert ok and len(responses) == 4, responses
    assert responses[1][0][0] == b"2", responses[1]
    ok, responses = client.transaction(compare=[tx.value("t") == "1"], success=[], failure=[tx.get("t")])
    assert not ok and responses[0][0][0] == b"2"
    try:
        client.transaction(compare=[], success=[tx.put("t", "1"), tx.put("t", "2")], failure=[])
        raise AssertionError("a duplicate key went through")
    except Exception as error:
        assert "duplicate key" in str(error), error


def watches():
    start = client.put("w/0", "x").header.revision
    events, cancel = client.watch_prefix("w/", start_revision=start)
    seen = []
    done = threading.Event()

    def read():
        for event in events:
            seen.append((type(event).__name__, event.key, event.value))
            if len(seen) == 4:
                done.set()
                return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    client.put("w/1", "a")
    client.put("elsewhere", "a")
    client.put("w/1", "b")
    client.delete("w/1")
    assert done.wait(5), seen
    cancel()
    assert seen == [
        ("PutEvent", b"w/0", b"x"),
        ("PutEvent", b"w/1", b"a"),
        ("PutEvent", b"w/1", b"b"),
        ("DeleteEvent", b"w/1", b""),
    ], seen
    calls = []
    watch_id = client.add_watch_callback("w/2", calls.append)
    client.put("w/2", "c")
    end = time.time() + 5
    while not calls and time.time() < end:
        time.sleep(0.01)
    assert calls[0].events[0].value == b"c"
    client.cancel_watch(watch_id)
    client.put("old", "1")
    revision = client.put("old", "2").header.revision
    client.compact(revision, physical=True)
    try:
        iterator, _ = client.watch("old", start_revision=1)
        next(iterator)
        raise AssertionError("watched a compacted revision")
    except etcd3.exceptions.RevisionCompactedError as error:
        assert error.compacted_revision == revision


def leases():
    lease = client.lease(60)
    assert lease.id != 0 and lease.granted_ttl == 60
    client.put("leased", "x", lease=lease)
    assert lease.keys == [b"leased"]
    assert 0 < lease.remaining_ttl <= 60
    assert lease.refresh()[0].TTL == 60
    lease.revoke()
    assert client.get("leased") == (None, None)
    assert client.get_lease_info(lease.id).TTL == -1


def locks():
    with client.lock("door", ttl=10) as lock:
        assert lock.is_acquired()
        # Waiting for a lock that is held fails inside this client: it calls a newer tenacity the old way.
    assert not lock.is_acquired()
    other = client.lock("door", ttl=10)
    assert other.acquire(timeout=5) is True
    assert other.release()


def cluster():
    members = list(client.members)
    assert len(members) == 1 and members[0].name == "m1", members
    status = client.status()
    assert status.leader.id == members[0].id and status.db_size > 0
    assert client.hash() > 0
    client.defragment()
    assert list(client.list_alarms()) == []
    client.create_alarm()
    assert [alarm.alarm_type for alarm in client.list_alarms()] == [1]
    client.disarm_alarm()
    assert list(client.list_alarms()) == []
    with open(sys.argv[2], "wb") as file:
        client.snapshot(file)


for flow in (keys, transactions, watches, leases, locks, cluster):
    flow()
    print(flow.__name__, flush=True)
