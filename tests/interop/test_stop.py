"""SIGTERM in bad states: the program is gone before a container would be killed, and what was found is on disk.

LODE_INTEROP_LONG=1 also holds it to the time: 9 s from the signal to the end. Without that the times are only printed, since
a busy machine may need longer.
"""

import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import addresses
import bcoin
import faulty_pools
import lode
import pool
from personalities import CKPOOL
from pool import DIFFICULTY
from ports import free_port
from proxy import Proxy

PAYOUT = addresses.payouts()["P2WPKH"][0]
LONG = os.environ.get("LODE_INTEROP_LONG") == "1"
LONGEST = 9.0
HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACES = ["unshare", "--user", "--map-root-user"]

# Stopped as asked, or by the clock.
STATUSES = (0, 128 + signal.SIGALRM)


def can_make_namespaces():
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    return subprocess.run([*NAMESPACES, "--net", "--mount", "--pid", "--fork", "true"], check=False).returncode == 0


def half_a_reply(connection):
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"result":')
    faulty_pools.silent(connection)


def pending(state):
    return {os.path.basename(path)[:-6].split("-")[1] for path in glob.glob(os.path.join(state, "pending", "*.block"))}


def open_pool_blocks(state):
    found = set()
    for path in glob.glob(os.path.join(state, "pool-blocks", "*.txt")):
        with open(path, encoding="ascii") as file:
            if "\nanswer: " not in file.read():
                found.add(os.path.basename(path)[:-4].split("-")[1])
    return found


class StopTest(lode.InteropTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lode-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *arguments, **options):
        miner = lode.Lode(*arguments, "--payout", PAYOUT, state=os.path.join(self.folder, "state"), **options)
        self.addCleanup(miner.__exit__)
        return miner

    def faulty(self, fault):
        server = faulty_pools.FaultyPool(fault)
        self.addCleanup(server.__exit__)
        return server

    def node(self):
        node = bcoin.Node()
        node.start()
        self.addCleanup(node.__exit__)
        return node

    def proxy(self, *arguments, **options):
        proxy = Proxy(*arguments, **options)
        proxy.__enter__()
        self.addCleanup(proxy.__exit__)
        return proxy

    def losing_pool(self):
        server = pool.Pool(self.node(), difficulty=DIFFICULTY, personality=CKPOOL)
        server.__enter__()
        self.addCleanup(server.close)
        server.lose_submissions(1_000_000)
        return server

    def stop(self, miner, pid=None):
        begin = time.monotonic()
        if pid is None:
            miner.signal(signal.SIGTERM)
        else:
            os.kill(pid, signal.SIGTERM)
        status = miner.finish()
        took = time.monotonic() - begin
        print("%s: gone after %.1f s, status %d" % (self.id().rpartition(".")[2], took, status))
        self.assertIn(status, STATUSES, miner.describe())
        if LONG:
            self.assertLess(took, LONGEST, miner.describe())

    def need_namespaces(self):
        if not can_make_namespaces():
            self.skipTest("no namespaces for users: unshare --user does not work here")

    def state(self):
        return os.path.join(self.folder, "state")

    def test_dead_name_server(self):
        self.need_namespaces()
        prefix = [*NAMESPACES, "--net", "--mount", sys.executable, "-B", os.path.join(HERE, "dead_dns.py")]
        miner = self.start("stratum+tcp://rig@pool.example:3333", "http://user:word@node.example:8332", prefix=prefix)
        miner.wait_for("started")
        time.sleep(1)  # so that it is at the look-up; there is no event to wait for
        self.assertEqual(miner.events("source_lost"), [], miner.describe())
        self.stop(miner)

    def test_mute_node(self):
        proxy = self.proxy(mode="silent")
        miner = self.start("http://user:word@127.0.0.1:%d" % proxy.port)
        bcoin.wait_until(lambda: proxy.connections() > 0, "a connection", miner.describe)
        self.stop(miner)

    def test_node_that_answers_half_a_reply(self):
        server = self.faulty(half_a_reply)
        miner = self.start("http://user:word@127.0.0.1:%d" % server.port)
        bcoin.wait_until(lambda: server.connections > 0, "a connection", miner.describe)
        self.stop(miner)

    def test_mute_pool(self):
        server = self.faulty(faulty_pools.silent)
        miner = self.start(server.url())
        bcoin.wait_until(lambda: server.connections > 0, "a connection", miner.describe)
        self.stop(miner)

    def test_flooding_pool(self):
        server = self.faulty(faulty_pools.flooding)
        miner = self.start(server.url())
        miner.wait_for("job")
        self.stop(miner)

    def test_two_sources_down(self):
        miner = self.start(
            "http://user:word@127.0.0.1:%d" % free_port(), "stratum+tcp://rig@127.0.0.1:%d" % free_port()
        )
        bcoin.wait_until(lambda: len(miner.events("source_lost")) >= 2, "two lost sources", miner.describe)
        self.stop(miner)

    def test_stopped_node_with_a_block_on_its_way(self):
        node = self.node()
        proxy = self.proxy(node.port)
        proxy.hold("submitblock")
        miner = self.start(node.url(proxy.port))
        found = bcoin.block_hash(proxy.held().params[0])
        node.freeze()
        self.stop(miner)
        self.assertIn(found, pending(self.state()))

    def test_pool_with_an_unanswered_block(self):
        server = self.losing_pool()
        miner = self.start(server.url())
        bcoin.wait_until(lambda: server.lost, "a submission", miner.describe)
        self.stop(miner)
        self.assertTrue(open_pool_blocks(self.state()))

    def test_first_process_of_a_container(self):
        """It has no second signal: only SIGTERM, and SIGKILL after 10 s. And signals without a handler do nothing to it."""
        self.need_namespaces()
        server = self.losing_pool()
        prefix = [*NAMESPACES, "--pid", "--fork", "--kill-child"]
        miner = self.start(server.url(), prefix=prefix)
        bcoin.wait_until(lambda: server.lost, "a submission", miner.describe)
        with open("/proc/%d/task/%d/children" % (miner.process.pid, miner.process.pid), encoding="ascii") as children:
            first = int(children.read().split()[0])
        self.stop(miner, first)
        self.assertTrue(open_pool_blocks(self.state()))

    def test_full_disk(self):
        """The journal has reserved the room for the block that is found then."""
        self.need_namespaces()
        node = self.node()
        node.generate(1)
        proxy = self.proxy(node.port)
        proxy.hold("getblocktemplate")
        proxy.hold("submitblock")
        os.mkdir(self.state())
        script = [sys.executable, "-B", os.path.join(HERE, "full_disk.py"), self.state(), "10"]
        miner = self.start(node.url(proxy.port), prefix=[*NAMESPACES, "--mount", *script])
        miner.wait_for("started")
        inside = "/proc/%d/root%s" % (miner.process.pid, self.state())
        bcoin.wait_until(lambda: os.path.exists(os.path.join(inside, "reserve")), "the reserve", miner.describe)
        with self.assertRaises(OSError), open(os.path.join(inside, "filling"), "wb", buffering=0) as filling:
            while True:
                filling.write(b"x" * 4096)
        with self.assertRaises(OSError), open(os.path.join(inside, "more"), "wb", buffering=0) as more:
            more.write(b"x")
        proxy.held()
        proxy.pass_on("getblocktemplate")
        found = miner.wait_for("block_found")["hash"]
        bcoin.wait_until(lambda: found in pending(inside), "the block on disk", miner.describe)
        # The file system goes with the process; what was in it is looked at before.
        self.stop(miner)


if __name__ == "__main__":
    unittest.main()
