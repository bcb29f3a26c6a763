"""An HTTP proxy on loopback in front of a node that can misbehave on demand.

It stands for what happens between lode and a node that works: requests held at the moment they arrive, connections
cut, replies late, an address that refuses; and, where no node is behind it, for servers that are no node at all.
"""

import json
import queue
import socket
import threading
import time

from patience import PATIENCE
from ports import free_port

_HTML = b"<!DOCTYPE html><html><head><title>Router login</title></head><body><h1>Welcome</h1></body></html>"
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


class Held:
    """A request that has arrived and has not been passed on."""

    def __init__(self, method, params):
        self.method = method
        self.params = params
        self._decided = threading.Event()
        self._pass = False
        self.answered = True

    def release(self, answered=True):
        """Passes the request on to the node; the reply too, or else it is lost with the connection. The first decision
        on a request counts."""
        if not self._decided.is_set():
            self._pass = True
            self.answered = answered
            self._decided.set()

    def drop(self):
        """Closes the connection it came on; the node never sees it."""
        self._decided.set()

    def wait(self):
        self._decided.wait()
        return self._pass


class _Upstream:
    """A connection of the proxy to the node, from the first request on."""

    def __init__(self, proxy):
        self._proxy = proxy
        self._connection = None
        self._stream = None

    def ask(self, request):
        """The node's reply, or None when the connection ends without one."""
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._proxy.upstream))
            self._stream = self._connection.makefile("rb")
            self._proxy.opened(self._connection)
        self._connection.sendall(request)
        return _read_message(self._stream)

    def close(self):
        if self._connection is not None:
            self._proxy.closed(self._connection)


class Proxy:
    """Listens on `port`; passes everything to `upstream` (a port on 127.0.0.1) until told otherwise. Use with `with`.

    mode: "pass", "html" (answers a web page), "silent" (reads and never answers, also what was asked before).

    answer: a function that answers instead of the node, or None. It gets the call (an object of JSON-RPC) and a function
    that asks the node, and returns a whole HTTP reply. It runs on the thread of its connection.
    """

    def __init__(self, upstream=None, mode="pass"):
        self.port = free_port()
        self.upstream = upstream
        self.mode = mode
        self.answer = None
        self._lock = threading.Lock()
        self._holding = set()
        self._held = queue.Queue()
        self._undecided = []
        self._delays = {}
        self._forbidden = set()
        self._log = []
        self._open = set()
        self._listener = None

    def __enter__(self):
        self.accept()
        return self

    def __exit__(self, *_):
        self.refuse()

    # Control

    def hold(self, method):
        """From now on requests for `method` are held; take them with held()."""
        with self._lock:
            self._holding.add(method)

    def pass_on(self, method):
        """Ends hold(method): requests that are held now or arrive later are passed on."""
        with self._lock:
            self._holding.discard(method)
            passed = [held for held in self._undecided if held.method == method]
            self._undecided = [held for held in self._undecided if held.method != method]
        for held in passed:
            held.release()

    def held(self):
        """The next held request, waiting for it."""
        try:
            return self._held.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError("no request was held within %g s" % PATIENCE) from None

    def delay(self, method, seconds):
        """Replies to `method` are passed back `seconds` later."""
        with self._lock:
            self._delays[method] = seconds

    def forbid(self, method):
        """From now on requests for `method` are answered as Bitcoin Core answers what its rpcwhitelist does not name."""
        with self._lock:
            self._forbidden.add(method)

    def requests(self, method):
        """Parameters of all requests for `method` so far, in order of arrival."""
        with self._lock:
            return [params for name, params in self._log if name == method]

    def connections(self):
        """How many connections are open."""
        with self._lock:
            return len(self._open)

    def drop_connections(self):
        """Closes every connection, held requests included."""
        with self._lock:
            open_now, self._open = self._open, set()
            undecided, self._undecided = self._undecided, []
        for held in undecided:
            held.drop()
        for connection in open_now:
            _close(connection)

    def refuse(self):
        """Closes the port and every connection: connecting fails from now on."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            _close(listener)
        self.drop_connections()

    def accept(self):
        """Listens (again) on the same port."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        with self._lock:
            self._listener = listener
        threading.Thread(target=self._accept_loop, args=(listener,), daemon=True).start()

    # Threads

    def _accept_loop(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                if self._listener is not listener:
                    client.close()
                    return
                self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        node = _Upstream(self)
        try:
            stream = client.makefile("rb")
            while True:
                request = _read_message(stream)
                if request is None:
                    return
                if self.mode == "silent":
                    continue
                if self.mode == "html":
                    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(_HTML)
                    client.sendall(head.encode() + _HTML)
                    continue
                method, held = self._admit(request)
                if held is not None and not held.wait():
                    return
                if method is not None and self._is_forbidden(method):
                    client.sendall(_FORBIDDEN)
                    continue
                if self.answer is not None and method is not None:
                    reply = self.answer(json.loads(request.split(b"\r\n\r\n", 1)[1]), lambda: node.ask(request))
                else:
                    reply = node.ask(request)
                if reply is None or (held is not None and not held.answered):
                    return
                with self._lock:
                    seconds = self._delays.get(method, 0)
                time.sleep(seconds)
                if self.mode != "silent":
                    client.sendall(reply)
        except (OSError, ValueError):
            return
        finally:
            self.closed(client)
            node.close()

    def opened(self, connection):
        """Threads of the proxy: the connection is one that drop_connections() closes."""
        with self._lock:
            self._open.add(connection)

    def closed(self, connection):
        """Threads of the proxy: closes a connection."""
        with self._lock:
            self._open.discard(connection)
        _close(connection)

    def _is_forbidden(self, method):
        with self._lock:
            return method.removeprefix("try ") in self._forbidden

    def _admit(self, request):
        try:
            call = json.loads(request.split(b"\r\n\r\n", 1)[1])
            method, params = call["method"], call.get("params", [])
        except (ValueError, KeyError, TypeError):
            return None, None
        if (method, params) == ("submitblock", ["00"]):
            method = "try submitblock"  # lode asks whether it may: no block
        with self._lock:
            self._log.append((method, params))
            held = Held(method, params) if method in self._holding else None
            if held is not None:
                self._undecided.append(held)
        if held is not None:
            self._held.put(held)
        return method, held


def _read_message(stream):
    """One HTTP message with a Content-Length (or without a body), or None when the connection ends."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(65536)
        if not line:
            return None
        head += line
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"transfer-encoding":
            raise ValueError("the proxy takes no chunked messages")
        if name.strip().lower() == b"content-length":
            length = int(value)
    body = stream.read(length)
    return head + body if len(body) == length else None


def _close(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
