// Blocks found for pools whose fate is open. The pool sends them, and its answer to the share is not about that: some
// refuse the share, since it misses their own target, and send the block. What tells is the work that follows.
//
// Io thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "host/chain/hash256.h"

namespace lode::engine {

class PoolBlocks {
 public:
  /// On an easy target there may be more; the oldest are forgotten.
  static constexpr std::size_t kMost = 1024;

  struct Block {
    chain::Hash256 hash;
    std::uint32_t height = 0;
    std::chrono::steady_clock::time_point found;
  };

  struct Fates {
    std::optional<Block> in_chain;
    std::vector<Block> passed_over;  ///< another block is in their place
  };

  void add(const Block& block);

  /// What work for block `height` on top of `previous_block` tells. Blocks whose fate is known are forgotten, and so
  /// are those of which later work tells nothing any more.
  Fates look_at(const chain::Hash256& previous_block, std::uint32_t height);

  /// Whether its fate is not known yet.
  [[nodiscard]] bool is_open(const chain::Hash256& hash) const;
  [[nodiscard]] std::size_t open() const noexcept { return blocks_.size(); }

 private:
  std::deque<Block> blocks_;  ///< oldest first
};

}  // namespace lode::engine
