// The 80 bytes that are hashed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "host/chain/hash256.h"

namespace lode::chain {

inline constexpr std::size_t kHeaderSize = 80;

/// A block header as fields; all integers little endian in the serialisation.
struct Header {
  std::uint32_t version = 0;
  Hash256 previous_block;
  Hash256 merkle_root;
  std::uint32_t time = 0;  ///< seconds since 1970
  std::uint32_t bits = 0;  ///< compact target
  std::uint32_t nonce = 0;

  [[nodiscard]] std::array<std::uint8_t, kHeaderSize> serialize() const noexcept;
  /// Every 80 bytes are a header; whether it is a valid one is for check.h.
  static Header parse(std::span<const std::uint8_t, kHeaderSize> bytes) noexcept;
  /// sha256d of the serialisation: the block's hash.
  [[nodiscard]] Hash256 hash() const noexcept;

  friend bool operator==(const Header&, const Header&) = default;
};

}  // namespace lode::chain
