"""Runs a command where the name server takes every question and answers none:

    unshare --user --map-root-user --net --mount python3 dead_dns.py COMMAND...

In namespaces of its own, so nothing else notices."""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile

SIOCSIFFLAGS = 0x8914
IFF_UP = 1


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", IFF_UP, b""))
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    server.set_inheritable(True)  # open for as long as the command runs
    with tempfile.NamedTemporaryFile("w", prefix="lode-test-", delete=False) as config:
        config.write("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    subprocess.run(["mount", "--bind", config.name, "/etc/resolv.conf"], check=True)
    os.unlink(config.name)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
