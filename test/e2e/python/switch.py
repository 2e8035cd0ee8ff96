"""A switch between network namespaces: one tun device in each, IP packets carried from one to the other, and lost or delayed
as told. What a namespace sends and receives is whole packets, so that its TCP goes through what it goes through on a bad
network. Needs root and /dev/net/tun, and nothing of the kernel's packet schedulers or filters.

usage: switch.py <namespace>=<address> ...

Prints "ready" once the devices (named "peer") are there; then takes one line of JSON after the other on standard input, each
a list of rules that replaces the one before, and answers "ok": [{"from": [addresses], "to": [addresses], "loss": 0.1,
"delay": seconds}]. Of several rules for a packet the last one counts.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import time

NEW_NET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_MAX = 65536
# What waits in the switch; more is lost, as with any switch.
WAITING_MAX = 20000


def open_tun(namespace):
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + namespace, os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(there, NEW_NET) != 0:
        raise OSError(ctypes.get_errno(), "setns " + namespace)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"peer", IFF_TUN | IFF_NO_PI))
    if libc.setns(here, NEW_NET) != 0:
        raise OSError(ctypes.get_errno(), "setns back")
    os.close(here)
    os.close(there)
    return tun


def deliver(tun, packet):
    try:
        os.write(tun, packet)
    except OSError:
        pass  # The device is down, or its queue full: a packet lost.


def main():
    devices = {}
    for argument in sys.argv[1:]:
        namespace, address = argument.split("=")
        devices[socket.inet_aton(address)] = open_tun(namespace)
    addresses = {tun: address for address, tun in devices.items()}
    # What happens to packets by (from, to); nothing for those that are not listed.
    fate = {}
    waiting = []
    counter = 0
    poll = select.poll()
    poll.register(0, select.POLLIN)
    for tun in addresses:
        poll.register(tun, select.POLLIN)
    print("ready", flush=True)
    unread = b""
    while True:
        timeout = None if not waiting else max(0, (waiting[0][0] - time.monotonic()) * 1000)
        for fd, _ in poll.poll(timeout):
            if fd == 0:
                read = os.read(0, PACKET_MAX)
                if read == b"":
                    return
                unread += read
                while b"\n" in unread:
                    line, unread = unread.split(b"\n", 1)
                    fate = {}
                    for rule in json.loads(line):
                        for a in rule["from"]:
                            for b in rule["to"]:
                                pair = (socket.inet_aton(a), socket.inet_aton(b))
                                fate[pair] = (rule.get("loss", 0), rule.get("delay", 0))
                    print("ok", flush=True)
                continue
            try:
                packet = os.read(fd, PACKET_MAX)
            except BlockingIOError:
                continue
            if packet[0] >> 4 != 4:
                continue
            to = packet[16:20]
            tun = devices.get(to)
            if tun is None:
                continue
            loss, delay = fate.get((addresses[fd], to), (0, 0))
            if loss > 0 and random.random() < loss:
                continue
            if delay == 0:
                deliver(tun, packet)
            elif len(waiting) < WAITING_MAX:
                counter += 1
                heapq.heappush(waiting, (time.monotonic() + delay, counter, tun, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, tun, packet = heapq.heappop(waiting)
            deliver(tun, packet)


main()
