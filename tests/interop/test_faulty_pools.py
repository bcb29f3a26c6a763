"""Pools that fail in every way they can, in front of one that is well: work goes on, and nothing grows."""

import unittest

import bcoin
import faulty_pools
import lode
import pool
from patience import PATIENCE
from pool import DIFFICULTY
from ports import free_port
from socks5_proxy import Socks5Proxy

# A miner without any of this takes some 30 MB.
MOST_MEMORY = 200 << 20


def most_memory(process):
    """The most that a running process has had in memory, in bytes."""
    with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    raise AssertionError("no VmHWM")


class FaultyPoolsTest(lode.InteropTest):
    def setUp(self):
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)
        self.faulty = [faulty_pools.FaultyPool(fault) for fault in faulty_pools.FAULTS]
        for one in self.faulty:
            self.addCleanup(one.__exit__)

    def faulty_urls(self):
        urls = [one.url() for one in self.faulty]
        urls.append("stratum+tcp://rig@127.0.0.1:%d" % free_port())  # nobody is there
        urls.append(self.faulty[0].url("stratum+ssl"))  # a handshake without end
        urls.append(self.faulty[4].url("stratum+ssl"))  # and one with nonsense
        return urls

    def test_the_pool_that_is_well_gets_the_work(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server:
            server.keep_blocks()
            with lode.Lode(*self.faulty_urls(), server.url(), "--log-level", "info") as miner:
                bcoin.wait_until(lambda: len(miner.events("share_accepted")) > 10, "eleven shares", miner.describe)
                # All the while the others fail, and are tried again. Those not among these may still hope for an answer:
                # they have 15 s.
                at_once = {"endless_line", "garbage", "malformed", "hanging_up", "resetting", "sending_on"}
                failing = [one for one in self.faulty if one.fault.__name__ in at_once]
                self.assertEqual(len(failing), len(at_once))
                bcoin.wait_until(lambda: self.all_lost(miner, failing), "lost sources", miner.describe)
                bcoin.wait_until(lambda: all(one.connections > 2 for one in failing), "new attempts", miner.describe)
                memory = most_memory(miner.process)
                self.assertEqual(miner.interrupt(), 0, miner.describe())
                log = miner.output()
        self.assertLess(memory, MOST_MEMORY)
        self.assertLess(len(log), 200_000, "the log has no room for all that pools say")
        self.assertNotIn("mmmmmmmm" * 100, log)
        for one in self.faulty:
            self.assertLess(one.connections, 200, one.fault.__name__)

    @staticmethod
    def all_lost(miner, pools):
        lost = {event["source"] for event in miner.events("source_lost")}
        return all("127.0.0.1:%d" % one.port in lost for one in pools)

    def test_a_pool_that_falls_silent_or_goes_away_is_replaced(self):
        """The first pool gives work, then its machine is gone: what it leaves behind ends at once."""
        with pool.Pool(self.node, difficulty=DIFFICULTY) as second:
            second.keep_blocks()
            first = pool.Pool(self.node, difficulty=DIFFICULTY)
            first.__enter__()
            first.keep_blocks()
            with lode.Lode(first.url(), second.url()) as miner:
                bcoin.wait_until(lambda: first.accepted >= 3, "three shares", miner.describe)
                first.__exit__()
                bcoin.wait_until(lambda: second.accepted >= 1, "a share for the second", miner.describe)
                self.assertEqual(miner.interrupt(), 0, miner.describe())

    def test_through_a_proxy_that_looks_up_the_name(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server, Socks5Proxy() as proxy:
            server.keep_blocks()
            url = "stratum+tcp://rig@pool.example:%d" % server.port
            with lode.Lode(url, "--proxy", proxy.url(), "--shares", "3") as miner:
                self.assertEqual(miner.finish(), 0, miner.describe())
            self.assertEqual(proxy.asked, ["pool.example:%d" % server.port])
            probe = lode.run("probe", url, "--proxy", proxy.url(), "--json", "--seconds", str(PATIENCE))
            self.assertEqual(probe.returncode, 0, probe.stderr)


if __name__ == "__main__":
    unittest.main()
