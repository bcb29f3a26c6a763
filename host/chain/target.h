// The number a block hash must not exceed, in its three costumes: 256-bit target, compact "bits", difficulty.
//
// A value; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/result.h"
#include "host/chain/hash256.h"

namespace lode::chain {

/// 0 .. 2^256-1. Difficulty 1 is 0xffff * 2^208, as every pool and node computes it. The default value, 0, is met by
/// nothing that will ever be found.
class Target {
 public:
  constexpr Target() = default;

  /// 2^256 - 1: every hash meets it.
  static Target max() noexcept;
  /// The target of difficulty 1, 0xffff * 2^208.
  static Target difficulty_one() noexcept;

  /// From a header's compact form. Errors: kOutOfRange for what consensus refuses: negative, zero, more than 256 bits.
  static Result<Target> from_bits(std::uint32_t bits);
  /// The compact form, which keeps the highest 15 to 23 bits and drops the rest.
  [[nodiscard]] std::uint32_t to_bits() const noexcept;

  /// floor(0xffff * 2^208 / difficulty) by integer division of the decimal number as written: "1000", "0.001", "1e-9",
  /// "1000000.0". A result above 2^256-1 (difficulty below about 2^-32) becomes 2^256-1.
  /// Errors: kMalformed (no plain decimal number, over 64 characters), kOutOfRange (zero, negative, so high that no
  /// target is left).
  static Result<Target> from_difficulty(std::string_view text);
  /// The same for the shortest decimal number that reads back as `difficulty` (0.001 means 1/1000, not the double next
  /// to it). Errors: kOutOfRange (NaN, infinite, zero, negative, too high).
  static Result<Target> from_difficulty(double difficulty);
  /// 0xffff * 2^208 / target, to double precision; infinity for target 0.
  [[nodiscard]] double difficulty() const noexcept;

  /// 64 hex digits, highest first.
  static Result<Target> from_display(std::string_view text);
  [[nodiscard]] std::string to_display() const;

  /// 32 bytes, lowest first: comparable with a Hash256's raw bytes.
  static Target from_le_bytes(const std::array<std::uint8_t, 32>& bytes) noexcept;
  [[nodiscard]] const std::array<std::uint8_t, 32>& le_bytes() const noexcept { return bytes_; }

  /// The hash, read as a little-endian number, is at or below the target.
  [[nodiscard]] bool is_met_by(const Hash256& hash) const noexcept;
  /// The highest 32 bits: what kernels compare first.
  [[nodiscard]] std::uint32_t top_word() const noexcept;
  /// Mean number of hashes to meet it: 2^256 / (target + 1), to double precision.
  [[nodiscard]] double expected_hashes() const noexcept;

  /// floor(target * numerator / denominator), at most 2^256-1: the retarget step. `denominator` 0 gives 2^256-1.
  static Target scaled(const Target& target, std::uint64_t numerator, std::uint64_t denominator) noexcept;

  friend bool operator==(const Target&, const Target&) = default;
  /// Order of the numbers: a smaller target is harder.
  friend std::strong_ordering operator<=>(const Target& left, const Target& right) noexcept;

 private:
  std::array<std::uint8_t, 32> bytes_{};  ///< lowest first
};

}  // namespace lode::chain
