"""Bitcoin Core itself, on a chain of its own: the node that lode is for. Debian has no package of it, so its tests run where
BITCOIND names the program, or `bitcoind` is on the path."""

import http.client
import os
import shutil
import subprocess
import tempfile

import bcoin
from patience import PATIENCE
from ports import free_port


def program():
    """The path of bitcoind, or None."""
    return os.environ.get("BITCOIND") or shutil.which("bitcoind")


def missing():
    """What this machine lacks, as a sentence, or None."""
    return None if program() else "Bitcoin Core is missing: BITCOIND names its bitcoind"


class Core:
    """One bitcoind with a data folder and ports of its own, kept over restarts. Use with `with`."""

    def __init__(self, *options, chain="regtest"):
        self.folder = tempfile.mkdtemp(prefix="lode-core-")
        self.port = free_port()
        self._options = ["-chain=" + chain, "-datadir=" + self.folder, "-rpcport=%d" % self.port, "-rpcuser=x"]
        self._options += ["-rpcpassword=secret", "-listen=0", "-dnsseed=0", "-connect=0", "-server", "-printtoconsole=0"]
        self._options += options
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts it and waits until it answers."""
        self._process = subprocess.Popen([program(), *self._options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bcoin.wait_until(self._answers, "bitcoind answers")

    def kill(self):
        """SIGKILL: it loses all blocks since it last wrote its state to the disk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self):
        """SIGTERM: it writes its state first."""
        self._process.terminate()
        self._process.wait()
        self._process = None

    def url(self):
        return "http://x:secret@127.0.0.1:%d" % self.port

    def rpc(self, method, *params, timeout=PATIENCE):
        """Calls one RPC method, as bcoin.call() does."""
        return bcoin.call(self.port, "secret", method, *params, timeout=timeout)

    def best_chain(self):
        """The hashes of all its blocks."""
        return {self.rpc("getblockhash", height) for height in range(self.rpc("getblockcount") + 1)}

    def _answers(self):
        try:
            return self.rpc("getblockcount") >= 0
        except (OSError, http.client.HTTPException, bcoin.RpcError):
            return False
