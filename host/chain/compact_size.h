// The variable-length counts and lengths of Bitcoin's serialisation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "host/base/bytes.h"
#include "host/chain/reader.h"

namespace lode::chain {

/// 1, 3, 5 or 9: bytes that `value` takes.
[[nodiscard]] constexpr std::size_t compact_size_length(std::uint64_t value) noexcept {
  return value < 0xfd ? 1U : value <= 0xffff ? 3U : value <= 0xffffffff ? 5U : 9U;
}

void append_compact_size(Bytes& to, std::uint64_t value);

/// Reads one, refusing any but the shortest form (consensus does). 0 and a failed reader otherwise.
std::uint64_t read_compact_size(Reader& reader);

/// Reads a count of things of at least `bytes_each` bytes (1 or more) and fails the reader when that many cannot follow
/// in what is left: the bound to ask for before allocating.
std::size_t read_count(Reader& reader, std::size_t bytes_each);

/// A length and that many bytes, as a view into the input; at most `max_bytes`.
ByteView read_sized_bytes(Reader& reader, std::size_t max_bytes);

}  // namespace lode::chain
