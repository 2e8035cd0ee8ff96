"""Plays the part of systemd that a Type=notify unit meets: binds the notification socket, starts the unit's program with its
environment, and prints a line of JSON for each event. Commands come on standard input.

    service-manager.py <path or @name> <watchdog microseconds or 0> <user id or -> <program> [arguments]

Like systemd it asks the kernel who sent a message: only the main process counts (NotifyAccess=main).
"""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

name, watchdog, user = sys.argv[1], int(sys.argv[2]), sys.argv[3]
began = time.monotonic()


def tell(event, **fields):
    print(json.dumps({"event": event, "ms": round((time.monotonic() - began) * 1000), **fields}), flush=True)


notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
notify.bind("\0" + name[1:] if name.startswith("@") else name)
if not name.startswith("@"):
    os.chmod(name, 0o777)

env = {**os.environ, "NOTIFY_SOCKET": name}
start = dict(env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
if user != "-":
    start.update(user=int(user), group=int(user), extra_groups=[])


# The environment needs the child's id, so the child sets it: `sh` becomes the program.
words = sys.argv[4:]
if watchdog:
    words = ["/bin/sh", "-c", f'export WATCHDOG_USEC={watchdog} WATCHDOG_PID=$$; exec "$@"', "sh", *words]
main = subprocess.Popen(words, **start)
tell("started", pid=main.pid)

ended = False
log = b""
# Unbuffered: a line that were read ahead would not wake `select`.
commands = open(0, "rb", 0)
sources = [notify, commands, main.stderr]
while True:
    ready, _, _ = select.select(sources, [], [], 0.05)
    if notify in ready:
        data, extra, _, _ = notify.recvmsg(4096, 256)
        sender = None
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                sender = struct.unpack("3i", value)[0]
        tell("message", text=data.decode(), main=sender == main.pid)
    if main.stderr in ready:
        piece = os.read(main.stderr.fileno(), 65536)
        log += piece
        if not piece:
            sources.remove(main.stderr)
    if commands in ready:
        line = commands.readline().decode()
        if line == "":
            main.kill()
            break
        main.send_signal(getattr(signal, line.strip()))
    if not ended and main.poll() is not None and notify not in ready:
        ended = True
        code = main.returncode
        tell("ended", code=code if code >= 0 else None, signal=signal.Signals(-code).name if code < 0 else None, log=log.decode()[-20000:])
