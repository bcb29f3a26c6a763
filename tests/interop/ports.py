"""Free TCP ports on loopback.

They come from below the range the system uses for outgoing connections, so that a port can be given up and taken
again (a node that is killed and started anew) without another program's connection landing on it in between.
"""

import random
import socket

_FIRST = 20000
_LAST = 31999
_reservations = []  # sockets whose abstract names reserve ports until this process ends


def _reserve(port):
    """True if no process that uses this module has been given the port."""
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind("\0lode-test-port-%d" % port)
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    return True


def free_port():
    """A port on 127.0.0.1 that nothing listens on and that neither this nor a test beside it has been given before."""
    for _ in range(1000):
        port = random.randint(_FIRST, _LAST)
        if not _reserve(port):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no free port between %d and %d" % (_FIRST, _LAST))
