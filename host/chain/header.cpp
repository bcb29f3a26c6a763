#include "host/chain/header.h"

#include <algorithm>

#include "host/base/endian.h"

namespace lode::chain {

std::array<std::uint8_t, kHeaderSize> Header::serialize() const noexcept {
  std::array<std::uint8_t, kHeaderSize> bytes{};
  const std::span<std::uint8_t, kHeaderSize> out(bytes);
  write_le(out.subspan<0, 4>(), version);
  std::copy(previous_block.bytes.begin(), previous_block.bytes.end(), bytes.begin() + 4);
  std::copy(merkle_root.bytes.begin(), merkle_root.bytes.end(), bytes.begin() + 36);
  write_le(out.subspan<68, 4>(), time);
  write_le(out.subspan<72, 4>(), bits);
  write_le(out.subspan<76, 4>(), nonce);
  return bytes;
}

Header Header::parse(std::span<const std::uint8_t, kHeaderSize> bytes) noexcept {
  Header header;
  header.version = read_le<std::uint32_t>(bytes.subspan<0, 4>());
  std::copy_n(bytes.begin() + 4, 32, header.previous_block.bytes.begin());
  std::copy_n(bytes.begin() + 36, 32, header.merkle_root.bytes.begin());
  header.time = read_le<std::uint32_t>(bytes.subspan<68, 4>());
  header.bits = read_le<std::uint32_t>(bytes.subspan<72, 4>());
  header.nonce = read_le<std::uint32_t>(bytes.subspan<76, 4>());
  return header;
}

Hash256 Header::hash() const noexcept {
  return sha256d(serialize());
}

}  // namespace lode::chain
