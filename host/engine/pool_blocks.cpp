#include "host/engine/pool_blocks.h"

#include <algorithm>
#include <utility>

namespace lode::engine {

void PoolBlocks::add(const Block& block) {
  if (blocks_.size() == kMost) blocks_.pop_front();
  blocks_.push_back(block);
}

bool PoolBlocks::is_open(const chain::Hash256& hash) const {
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) { return block.hash == hash; });
}

PoolBlocks::Fates PoolBlocks::look_at(const chain::Hash256& previous_block, std::uint32_t height) {
  Fates fates;
  std::deque<Block> open;
  for (const Block& block : blocks_) {
    const std::uint64_t next = std::uint64_t{block.height} + 1;
    if (next > height) {
      open.push_back(block);
    } else if (block.hash == previous_block) {
      fates.in_chain = block;
    } else if (next == height) {
      fates.passed_over.push_back(block);
    }
  }
  blocks_ = std::move(open);
  return fates;
}

}  // namespace lode::engine
