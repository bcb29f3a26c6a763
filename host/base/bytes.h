// Owned and borrowed runs of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace lode {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Copies `from` behind what is in `to`; `from` must not lie in `to`. (Not vector::insert: g++ 12 sees overflows in its
/// general case where `to` is known to be short.)
inline void append(Bytes& to, ByteView from) {
  if (from.empty()) return;
  const std::size_t size = to.size();
  to.resize(size + from.size());
  std::memcpy(to.data() + size, from.data(), from.size());
}

}  // namespace lode
