"""A real Bitcoin node on regtest: starts, stops, kills and restarts bcoin, and calls its RPC."""

import base64
import functools
import hashlib
import http.client
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from patience import PATIENCE
from ports import free_port

HERE = os.path.dirname(os.path.abspath(__file__))

# Segwit is a BIP9 deployment on bcoin's regtest: defined, started, locked in, active, 144 blocks each.
SEGWIT_HEIGHT = 432
HALVING_INTERVAL = 150


def missing():
    """What this machine lacks to run a node, as a sentence, or None."""
    if shutil.which("node") is None:
        return "Node.js is missing: install the package nodejs"
    if not os.path.isdir(os.path.join(HERE, "node_modules", "bcoin")):
        return "bcoin is missing: `./bootstrap deps test` installs it (npm ci in tests/interop)"
    return None


def subsidy(height):
    """New coins of block number `height` on regtest, in satoshis."""
    halvings = height // HALVING_INTERVAL
    return 0 if halvings >= 64 else (50 * 100_000_000) >> halvings


def block_hash(block):
    """The hash, as it is shown, of a block in hex."""
    header = bytes.fromhex(block[:160])
    return hashlib.sha256(hashlib.sha256(header).digest()).digest()[::-1].hex()


class RpcError(Exception):
    """The node answered a call with an error."""

    def __init__(self, code, message):
        super().__init__("%s (%s)" % (message, code))
        self.code = code


def call(port, key, method, *params, timeout=PATIENCE):
    """Calls one RPC method on 127.0.0.1:`port`; RpcError when the node answers with an error, OSError or
    HTTPException when it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        secret = base64.b64encode(("x:" + key).encode()).decode()
        body = json.dumps({"method": method, "params": params, "id": 1})
        headers = {"Authorization": "Basic " + secret, "Content-Type": "application/json"}
        connection.request("POST", "/", body, headers)
        reply = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if reply.get("error"):
        raise RpcError(reply["error"].get("code"), reply["error"].get("message"))
    return reply["result"]


class Node:
    """One bcoin process with a data folder and ports of its own, kept over restarts. Use with `with`."""

    def __init__(self):
        self.key = "secret-of-the-tests"
        self.folder = tempfile.mkdtemp(prefix="lode-node-")
        self.port = free_port()
        self.peer_port = free_port()
        self.peers = []
        self.listens = False
        self._process = None
        self._log = os.path.join(self.folder, "node.log")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def data(self):
        """The folder of its chain."""
        return os.path.join(self.folder, "data")

    # Process

    def start(self):
        """Starts the node, on the same data and ports each time, and waits until it answers."""
        assert self._process is None, "the node runs already"
        options = {
            "prefix": self.data(),
            "apiKey": self.key,
            "httpPort": self.port,
            "port": self.peer_port,
            "listen": self.listens,
            "only": self.peers,
            "log": self._log,
        }
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                ["node", "node.js", json.dumps(options)],
                cwd=HERE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        if not ready or self._process.stdout.readline() != b"ready\n":
            self.kill()
            raise RuntimeError("the node did not start:\n" + self.log())
        self.rpc("getblockcount")

    def freeze(self):
        """SIGSTOP: its sockets stay, and nobody answers on them. kill() works on it too."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Ends freeze()."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL: what a power cut does to it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None

    def connect_to(self, other):
        """From its next start on, the node keeps a peer connection to `other`."""
        other.listens = True
        self.peers = ["127.0.0.1:%d" % other.peer_port]

    def peer_with(self, other):
        """Connects to `other`, which listens; both run. New blocks go over it, earlier ones do not: see copy_blocks()."""
        self.rpc("addnode", "127.0.0.1:%d" % other.peer_port, "onetry")
        wait_until(lambda: any(peer["version"] for peer in other.rpc("getpeerinfo")), "a peer", other.log)

    def part_from(self, other):
        """Ends peer_with(); both run."""
        self.rpc("disconnectnode", "127.0.0.1:%d" % other.peer_port)
        wait_until(lambda: not other.rpc("getpeerinfo"), "the peer is gone", other.log)

    def copy_blocks(self, other):
        """Gives the node the blocks of `other`'s best chain that it lacks."""
        lacking, height = [], other.height()
        while not self.holds(found := other.rpc("getblockhash", height)):
            lacking.append(found)
            height -= 1
        for found in reversed(lacking):
            self.rpc("submitblock", other.rpc("getblock", found, False))

    def log(self):
        """What the node wrote, for messages of failed tests."""
        try:
            with open(self._log, encoding="utf-8", errors="replace") as log:
                return log.read()[-4000:]
        except OSError:
            return "(it wrote nothing)"

    # Calls

    def url(self, port=None, password=None):
        """The node as a source for lode; `port` to go through a proxy."""
        return "http://x:%s@127.0.0.1:%d" % (password or self.key, port or self.port)

    def rpc(self, method, *params, timeout=PATIENCE):
        """Calls one RPC method; RpcError when the node answers with an error."""
        return call(self.port, self.key, method, *params, timeout=timeout)

    def height(self):
        return self.rpc("getblockcount")

    def block(self, height):
        """The block at `height` of the best chain, with its transactions decoded."""
        return self.rpc("getblock", self.rpc("getblockhash", height), True, True)

    def holds(self, found):
        """True when the node knows the block, on its best chain or beside it."""
        try:
            self.rpc("getblockheader", found)
        except RpcError:
            return False
        return True

    def best_chain_holds(self, found):
        """True when the block is part of the best chain."""
        try:
            return self.rpc("getblockhash", self.rpc("getblockheader", found)["height"]) == found
        except RpcError:
            return False

    def mempool_size(self):
        return self.rpc("getmempoolinfo")["size"]

    def generate(self, blocks):
        """Has the node itself mine `blocks` blocks to the key of mempool.js; returns their hashes."""
        return self.rpc("generatetoaddress", blocks, _address())

    def activate_segwit(self):
        """Mines with the node itself until segwit is active and coins of mempool.js's key are mature."""
        missing_blocks = SEGWIT_HEIGHT - self.height()
        if missing_blocks > 0:
            self.generate(missing_blocks)

    def fill_mempool(self, count, coinbase):
        """Puts `count` independent segwit transactions into the empty mempool, paid for by the coins of block number
        `coinbase`, one block being mined on the way. Returns their "txids" and the sum of their "fees".

        The node is started anew for it: bcoin goes on offering a template for 10 s whatever arrives, and a longpoll
        that an earlier client left behind would have it make one, still empty, at the block on the way.
        """
        self.kill()
        self.start()
        options = {"mode": "spend", "port": self.port, "apiKey": self.key, "count": count, "coinbase": coinbase}
        return _script(options)


def wait_until(condition, what, describe=lambda: ""):
    """Waits for `condition()` to hold; fails with `what`, and what `describe()` says, when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("after %g s still not: %s\n%s" % (PATIENCE, what, describe()))
        time.sleep(0.02)


@functools.cache
def _address():
    """Of mempool.js's key, as bcoin writes it."""
    return _script({"mode": "address"})["address"]


def _script(options):
    done = subprocess.run(
        ["node", "mempool.js", json.dumps(options)], cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError("mempool.js failed: " + done.stderr)
    return json.loads(done.stdout)
