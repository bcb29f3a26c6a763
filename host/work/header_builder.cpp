#include "host/work/header_builder.h"

#include <limits>

#include "host/chain/merkle.h"

namespace lode::work {

Bytes encode_extranonce2(std::uint64_t counter, std::size_t size) {
  Bytes field(size, 0);
  for (std::size_t i = 0; i < size && i < sizeof(counter); ++i)
    field[i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return field;
}

std::uint64_t last_extranonce2(std::size_t size) noexcept {
  if (size >= sizeof(std::uint64_t)) return std::numeric_limits<std::uint64_t>::max();
  return (std::uint64_t{1} << (8 * size)) - 1;
}

Bytes coinbase_without_witness(const WorkTemplate& work, std::uint64_t extranonce2) {
  Bytes coinbase;
  coinbase.reserve(work.coinbase_prefix.size() + work.extranonce1.size() + work.extranonce2_size +
                   work.coinbase_suffix.size());
  append(coinbase, work.coinbase_prefix);
  append(coinbase, work.extranonce1);
  append(coinbase, encode_extranonce2(extranonce2, work.extranonce2_size));
  append(coinbase, work.coinbase_suffix);
  return coinbase;
}

chain::Hash256 merkle_root(const WorkTemplate& work, std::uint64_t extranonce2) {
  return chain::root_from_branch(chain::sha256d(coinbase_without_witness(work, extranonce2)), work.merkle_branch);
}

chain::Header build_header(const WorkTemplate& work, const Roll& roll) {
  chain::Header header;
  header.version = roll.version;
  header.previous_block = work.previous_block;
  header.merkle_root = merkle_root(work, roll.extranonce2);
  header.time = roll.time;
  header.bits = work.bits;
  header.nonce = roll.nonce;
  return header;
}

}  // namespace lode::work
