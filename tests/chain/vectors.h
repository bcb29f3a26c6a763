// Test vectors from tests/vectors: one a line, fields separated by single spaces, # begins a comment line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/base/bytes.h"
#include "host/chain/block.h"

namespace lode::chain {

/// The lines of a file as fields; the last of at most `max_fields` takes the rest of its line. Throws where the file
/// cannot be read or holds no line.
std::vector<std::vector<std::string>> read_vectors(const std::string& file, std::size_t max_fields);

/// Bytes of hex text that is known to be right.
Bytes hex(std::string_view text);

struct KnownBlock {
  std::string network;
  std::uint32_t height = 0;
  Hash256 hash;
  Bytes bytes;

  [[nodiscard]] Block parsed() const { return Block::parse(bytes).value(); }
};

/// blocks.txt
std::vector<KnownBlock> known_blocks();
/// The one of `network` at `height`. Throws where there is none.
KnownBlock known_block(std::string_view network, std::uint32_t height);

}  // namespace lode::chain
