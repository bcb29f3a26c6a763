"""A SOCKS5 proxy (RFC 1928) that knows one name, for tests."""

import socket
import struct
import threading


class Socks5Proxy:
    """Connects every name to 127.0.0.1. Use with `with`."""

    def __init__(self):
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def url(self):
        return "socks5://127.0.0.1:%d" % self.port

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client.makefile("rb") as stream:
                methods = stream.read(2)[1]
                stream.read(methods)
                client.sendall(b"\x05\x00")
                kind = stream.read(4)[3]
                if kind == 3:
                    host = stream.read(stream.read(1)[0]).decode()
                else:
                    host = socket.inet_ntoa(stream.read(4))
                port = struct.unpack(">H", stream.read(2))[0]
            self.asked.append("%s:%d" % (host, port))
            target = socket.create_connection(("127.0.0.1", port))
            client.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x01")
        except (OSError, IndexError, struct.error):
            client.close()
            return
        for source, sink in ((client, target), (target, client)):
            threading.Thread(target=self._relay, args=(source, sink), daemon=True).start()

    @staticmethod
    def _relay(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
