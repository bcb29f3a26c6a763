// A block on its way to the nodes.
#pragma once

#include <cstdint>
#include <memory>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"

namespace lode::work {

/// Immutable and cheap to copy: the bytes are shared among journal, sinks and retries.
struct FoundBlock {
  chain::Hash256 hash;
  chain::Hash256 previous_block;
  std::uint32_t height = 0;
  std::shared_ptr<const Bytes> serialized;  ///< the whole block with witness, as submitblock takes it
};

}  // namespace lode::work
