"""Mining what a real node's mempool holds."""

import unittest

import bcoin
from mining import PAYOUTS, MiningTest


class MempoolTest(MiningTest):
    def test_mempool_of_segwit_transactions(self):
        with bcoin.Node() as node:
            node.activate_segwit()
            for coinbase, count in enumerate((1, 2, 3, 1000), start=1):
                with self.subTest(transactions=count):
                    filled = node.fill_mempool(count, coinbase)
                    first = self.mine(node, 200)
                    held = [tx["txid"] for tx in node.block(first)["tx"]]
                    self.assertEqual(len(held), count + 1)
                    self.assertEqual(set(held[1:]), set(filled["txids"]))
                    self.assertEqual(node.mempool_size(), 0)
                    self.check_coinbases(node, first, first + 199, PAYOUTS["P2WPKH"][1], filled["fees"])


if __name__ == "__main__":
    unittest.main()
