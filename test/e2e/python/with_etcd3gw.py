"""Debian's python3-etcd3gw (the JSON gateway) against the server on the port given: one line per flow."""

import sys
import threading

from etcd3gw.client import Etcd3Client
from etcd3gw.exceptions import Etcd3Exception

# Its default, /v3alpha/, went with etcd 3.4.
client = Etcd3Client(host="127.0.0.1", port=int(sys.argv[1]), api_path="/v3/")


def keys():
    assert client.put("gw/a", "1")
    assert client.put("gw/b", "2")
    assert client.get("gw/a") == [b"1"]
    assert client.get("gw/none") == []
    value, meta = client.get("gw/b", metadata=True)[0]
    assert value == b"2" and meta["version"] == "1", meta
    found = [meta["key"] for _, meta in client.get_prefix("gw/", sort_order="descend", sort_target="key")]
    assert found == [b"gw/b", b"gw/a"], found
    assert client.replace("gw/a", "1", "11") is True
    assert client.replace("gw/a", "1", "111") is False
    assert client.create("gw/a", "x") is False
    assert client.create("gw/c", "x") is True
    assert client.delete("gw/c") is True
    assert client.delete("gw/c") is False
    assert client.delete_prefix("gw/") is True
    assert client.get_all() == []


def transactions():
    from base64 import b64encode

    def enc(text):
        return b64encode(text.encode()).decode()

    result = client.transaction(
        {
            "compare": [{"key": enc("t"), "result": "EQUAL", "target": "VERSION", "version": 0}],
            "success": [{"request_put": {"key": enc("t"), "value": enc("1")}}],
            "failure": [{"request_range": {"key": enc("t")}}],
        }
    )
    assert result["succeeded"] is True and "response_put" in result["responses"][0], result
    try:
        client.transaction({"success": [{"request_put": {"value": enc("1")}}]})
        raise AssertionError("a key was not asked for")
    except Etcd3Exception as error:
        assert "key is not provided" in str(error.detail_text), error.detail_text


def watches():
    events, cancel = client.watch_prefix("w/")
    threading.Timer(0.2, lambda: (client.put("w/1", "a"), client.delete("w/1"))).start()
    first = next(events)
    second = next(events)
    assert (first["kv"]["key"], first["kv"]["value"]) == (b"w/1", b"a"), first
    assert second["type"] == "DELETE", second
    cancel()


def leases():
    lease = client.lease(ttl=60)
    assert client.put("leased", "x", lease)
    assert lease.keys() == [b"leased"]
    assert 0 < lease.ttl() <= 60
    assert lease.refresh() == 60
    assert lease.revoke() is True
    assert client.get("leased") == []


def locks():
    lock = client.lock("door", ttl=10)
    assert lock.acquire() and lock.is_acquired()
    other = client.lock("door", ttl=10)
    assert other.acquire() is False
    assert lock.release()
    assert other.acquire() and other.release()


def cluster():
    assert "leader" in client.status()
    assert [member["name"] for member in client.members()] == ["m1"]


for flow in (keys, transactions, watches, leases, locks, cluster):
    flow()
    print(flow.__name__, flush=True)
