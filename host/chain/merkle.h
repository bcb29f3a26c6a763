// The tree that ties a block's transactions to its header.
#pragma once

#include <span>
#include <vector>

#include "host/chain/hash256.h"

namespace lode::chain {

struct MerkleResult {
  Hash256 root;
  /// Two equal neighbours were paired: the same root also stands for a list with repeated transactions (CVE-2012-2459),
  /// so that a block with this list says nothing about the block that the root was made for.
  bool mutated = false;
};

/// Root over `leaves`, the last of an odd level paired with itself; zero for no leaves.
MerkleResult merkle_tree(std::span<const Hash256> leaves);

/// merkle_tree().root
Hash256 merkle_root(std::span<const Hash256> leaves);

/// Siblings of the first leaf from bottom to top, for a tree whose first leaf (the coinbase) is not known yet. Empty
/// for no other transactions. Every node is hashed once.
std::vector<Hash256> coinbase_branch(std::span<const Hash256> txids_without_coinbase);

/// Root of a tree with first leaf `leaf` and that branch: one hash an element.
Hash256 root_from_branch(const Hash256& leaf, std::span<const Hash256> branch) noexcept;

}  // namespace lode::chain
