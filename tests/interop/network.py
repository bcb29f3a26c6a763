"""Two nodes on one network, each behind a proxy, and two pools: the sources of one `lode mine`, each of which can be broken.

Blocks are too hard for lode (see hard_chain.py), so that the chain moves only by advance().
"""

import time

import bcoin
import hard_chain
import node_states
import pool
from proxy import Proxy

FIRST_BLOCKS = 20


class Network:
    """`faulty`, one of "node A", "node B", "pool A", "pool B", is the one that will be broken: the pools and the chain go by
    the node that is not. Use with `with`."""

    def __init__(self, faulty):
        self.faulty = faulty
        self.nodes = {"node A": bcoin.Node(), "node B": bcoin.Node()}
        self.sound_name = "node A" if faulty == "node B" else "node B"
        self.sound = self.nodes[self.sound_name]
        self.fronts = {}
        self.pools = {}
        self.tips = []  # (seconds since 1970 at which the sound node had it, height)
        self.parted = False

    def __enter__(self):
        try:
            for name, node in self.nodes.items():
                node.listens = True
                node.start()
                self.fronts[name] = Proxy(node.port)
                self.fronts[name].answer = node_states.healthy
                self.fronts[name].__enter__()
            self.nodes["node A"].peer_with(self.nodes["node B"])
            self.advance(FIRST_BLOCKS)
            self.nodes["node A"].copy_blocks(self.nodes["node B"])
            self.nodes["node B"].copy_blocks(self.nodes["node A"])
            for name in ("pool A", "pool B"):
                self.open_pool(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.pools.values():
            server.close()
        for front in self.fronts.values():
            front.refuse()
        for node in self.nodes.values():
            node.__exit__()

    def url(self, name):
        if name in self.nodes:
            return self.nodes[name].url(self.fronts[name].port)
        return self.pools[name].url()

    def port(self, name):
        return self.fronts[name].port if name in self.fronts else self.pools[name].port

    def name_of(self, source):
        """Which one lode means by a name with its port."""
        return next((n for n in (*self.fronts, *self.pools) if source.endswith(":%d" % self.port(n))), source)

    def height(self):
        return self.tips[-1][1]

    def advance(self, blocks=1):
        """The network finds blocks."""
        self.sound.generate(blocks)
        self.tips.append((time.time(), self.sound.height()))

    # The faulty one

    def node(self):
        return self.nodes[self.faulty]

    def front(self):
        return self.fronts[self.faulty]

    def pool(self):
        return self.pools[self.faulty]

    def open_pool(self, name):
        """A new one where it was before."""
        port = self.pools[name].port if name in self.pools else 0
        server = pool.Pool(hard_chain.HardNode(self.sound), difficulty=pool.DIFFICULTY, port=port)
        server.__enter__()
        self.pools[name] = server

    def part(self):
        """The nodes are no peers any more."""
        self.nodes["node A"].part_from(self.nodes["node B"])

    def join(self):
        """They are again, and the faulty one catches up."""
        self.nodes["node A"].peer_with(self.nodes["node B"])
        self.node().copy_blocks(self.sound)
