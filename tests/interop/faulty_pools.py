"""Pools that are none: each takes connections on a port of its own and fails in a way of its own."""

import socket
import struct
import threading
import time


def silent(connection):
    while True:
        time.sleep(0.1)


def deaf(connection):
    """Says nothing and never reads, in a window as small as it can be."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    silent(connection)


def dripping(connection):
    while True:
        connection.sendall(b" ")
        time.sleep(0.01)


def endless_line(connection):
    while True:
        connection.sendall(b"x" * 65536)


def garbage(connection):
    noise = bytes((i * 167 + i // 256) % 256 for i in range(4096)) + b"\n"
    while True:
        connection.sendall(noise)


def malformed(connection):
    """JSON of every wrong shape."""
    lines = [b"[]", b"{}", b"null", b'{"id":1,"result":{}}', b'{"id":2,"result":[[],"zz",4],"error":null}']
    lines += [b'{"method":"mining.notify","params":[1,2,3]}', b'{"method":7,"params":null}', b"[" * 5000]
    while True:
        for line in lines:
            connection.sendall(line + b"\n")


def hanging_up(connection):
    connection.recv(64)


def resetting(connection):
    connection.recv(64)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def sending_on(connection):
    """To itself, for ever."""
    connection.recv(64)
    connection.sendall(b'{"id":null,"method":"client.reconnect","params":[]}\n')
    time.sleep(1)


def sending_away(connection):
    connection.recv(64)
    connection.sendall(b'{"id":null,"method":"client.reconnect","params":["evil.example",3333,0]}\n')
    silent(connection)


def talkative(connection):
    message = b'{"id":null,"method":"client.show_message","params":["' + b"m" * 1000 + b'"]}\n'
    while True:
        connection.sendall(message)


def flooding(connection):
    """One new job after another, each on another block, as fast as they are taken."""
    connection.sendall(b'{"id":1,"result":{"version-rolling":false},"error":null}\n')
    for number in (1, 2):  # whichever mining.subscribe is
        connection.sendall(b'{"id":%d,"result":[[["mining.notify","s"]],"f0000001",4],"error":null}\n' % number)
    for number in (2, 3):
        connection.sendall(b'{"id":%d,"result":true,"error":null}\n' % number)
    connection.sendall(b'{"id":null,"method":"mining.set_difficulty","params":[1]}\n')
    coinbase = (
        '"02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff120340d10c2f706f6f6c2f",'
        '"feffffff0100f2052a010000001600140102030405060708090a0b0c0d0e0f101112131400000000",[],"20000000","1705dd01"'
    )
    number = 0
    while True:
        number += 1
        job = '{"id":null,"method":"mining.notify","params":["%x","%064x",%s,"64658bd8",true]}\n'
        connection.sendall((job % (number, number, coinbase)).encode())


FAULTS = (
    silent,
    deaf,
    dripping,
    endless_line,
    garbage,
    malformed,
    hanging_up,
    resetting,
    sending_on,
    sending_away,
    talkative,
)


class FaultyPool:
    """One of them. Use with `with`."""

    def __init__(self, fault):
        self.fault = fault
        self.connections = 0
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def url(self, scheme="stratum+tcp"):
        return "%s://rig@127.0.0.1:%d" % (scheme, self.port)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.fault(connection)
        except OSError:
            pass
        finally:
            connection.close()
