// Stands in for host/chain/hash256.cpp, which takes SHA-256 from OpenSSL: of it, keys of compiled OpenCL programs need
// this one function. Pure; any thread.
#include "host/chain/hash256.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/core/sha256.h"

namespace lode::chain {

Hash256 sha256(ByteView data) noexcept {
  constexpr std::size_t kBlock = 64;
  constexpr std::size_t kLength = 8;  // bytes of the message's length in bits, big-endian, at the end of the last block
  kernels::State state = kernels::kInitialState;
  std::array<std::uint8_t, kBlock> block{};
  const std::uint64_t bits = std::uint64_t{data.size()} * 8;
  const auto take = [&] {
    state = kernels::compress(state, kernels::load_block(std::span<const std::uint8_t, kBlock>(block)));
  };
  for (; data.size() >= kBlock; data = data.subspan(kBlock)) {
    std::copy_n(data.begin(), kBlock, block.begin());
    take();
  }
  block.fill(0);
  std::copy(data.begin(), data.end(), block.begin());
  block[data.size()] = 0x80;
  if (data.size() + 1 + kLength > kBlock) {
    take();
    block.fill(0);
  }
  for (std::size_t i = 0; i < kLength; ++i)
    block[kBlock - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  take();
  Hash256 hash;
  hash.bytes = kernels::to_digest(state);
  return hash;
}

}  // namespace lode::chain
