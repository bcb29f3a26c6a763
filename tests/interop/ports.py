"""Free TCP ports on loopback.

They come from below the range the system uses for outgoing connections, so that a port can be given up and taken
again (a node that is killed and started anew) without another program's connection landing on it in between.
"""

import random
import socket

_FIRST = 20000
_LAST = 31999
_given = set()


def free_port():
    """A port on 127.0.0.1 that nothing listens on and that this process has not handed out before."""
    for _ in range(1000):
        port = random.randint(_FIRST, _LAST)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError("no free port between %d and %d" % (_FIRST, _LAST))
