"""A node whose blocks are too hard to be found, by what it says of them.

On regtest every second hash is a block. Where a test looks at whose work is hashed, blocks of lode's own would move the
chain that the test moves, and hashing would pause for the verdict of each.
"""

# Difficulty 256: some 10^12 hashes a block. Below the difficulty from which blocks without transactions are reported.
BITS = "1c00ffff"
TARGET = "%064x" % (0xFFFF << (8 * (0x1C - 3)))


def harden(template):
    """The template as it would be on a chain of that difficulty."""
    return {**template, "bits": BITS, "target": TARGET}


class HardNode:
    """What pool.Pool needs of a node."""

    def __init__(self, node):
        self._node = node

    def rpc(self, method, *params):
        result = self._node.rpc(method, *params)
        return harden(result) if method == "getblocktemplate" else result
