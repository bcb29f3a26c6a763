#include "host/chain/merkle.h"

#include <cstddef>

namespace lode::chain {
namespace {

/// Replaces a level by the one above it.
void climb(std::vector<Hash256>& level) {
  if (level.size() % 2 != 0) level.push_back(level.back());
  for (std::size_t i = 0; i < level.size() / 2; ++i)
    level[i] = sha256d(level[2 * i], level[2 * i + 1]);
  level.resize(level.size() / 2);
}

bool has_equal_pair(std::span<const Hash256> level) noexcept {
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
    if (level[i] == level[i + 1]) return true;
  }
  return false;
}

}  // namespace

MerkleResult merkle_tree(std::span<const Hash256> leaves) {
  MerkleResult result;
  if (leaves.empty()) return result;
  std::vector<Hash256> level(leaves.begin(), leaves.end());
  while (level.size() > 1) {
    if (has_equal_pair(level)) result.mutated = true;
    climb(level);
  }
  result.root = level.front();
  return result;
}

Hash256 merkle_root(std::span<const Hash256> leaves) {
  return merkle_tree(leaves).root;
}

std::vector<Hash256> coinbase_branch(std::span<const Hash256> txids_without_coinbase) {
  // A level without its first node, which is the unknown one: its sibling stands first, behind it whole pairs.
  std::vector<Hash256> branch;
  std::vector<Hash256> level(txids_without_coinbase.begin(), txids_without_coinbase.end());
  while (!level.empty()) {
    branch.push_back(level.front());
    level.erase(level.begin());
    climb(level);
  }
  return branch;
}

Hash256 root_from_branch(const Hash256& leaf, std::span<const Hash256> branch) noexcept {
  Hash256 node = leaf;
  for (const Hash256& sibling : branch)
    node = sha256d(node, sibling);
  return node;
}

}  // namespace lode::chain
