// Whole numbers of up to 512 bits, for the few multiplications and divisions that targets need. Private to chain.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lode::chain {

/// Wraps at 2^512; its users keep their numbers below.
class WideUint {
 public:
  static constexpr std::size_t kLimbs = 16;
  static constexpr std::size_t kBits = 32 * kLimbs;

  constexpr WideUint() = default;
  constexpr explicit WideUint(std::uint64_t value) noexcept {
    limbs_[0] = static_cast<std::uint32_t>(value);
    limbs_[1] = static_cast<std::uint32_t>(value >> 32);
  }

  static constexpr WideUint from_le_bytes(std::span<const std::uint8_t, 32> bytes) noexcept {
    WideUint result;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      result.limbs_[i / 4] |= std::uint32_t{bytes[i]} << (8 * (i % 4));
    return result;
  }

  /// The lowest 256 bits.
  [[nodiscard]] constexpr std::array<std::uint8_t, 32> low_le_bytes() const noexcept {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(limbs_[i / 4] >> (8 * (i % 4)));
    }
    return bytes;
  }

  /// Bits up to the highest one that is set; 0 for zero.
  [[nodiscard]] constexpr std::size_t bit_width() const noexcept {
    for (std::size_t i = kLimbs; i-- > 0;) {
      if (limbs_[i] != 0) return 32 * i + static_cast<std::size_t>(std::bit_width(limbs_[i]));
    }
    return 0;
  }

  [[nodiscard]] constexpr bool bit(std::size_t index) const noexcept {
    return ((limbs_[index / 32] >> (index % 32)) & 1) != 0;
  }

  [[nodiscard]] constexpr WideUint shifted_left(std::size_t bits) const noexcept {
    WideUint result;
    const std::size_t whole = bits / 32;
    const std::size_t part = bits % 32;
    for (std::size_t i = kLimbs; i-- > whole;) {
      std::uint64_t wide = std::uint64_t{limbs_[i - whole]} << 32;
      if (i > whole) wide |= limbs_[i - whole - 1];
      result.limbs_[i] = static_cast<std::uint32_t>(wide >> (32 - part));
    }
    return result;
  }

  [[nodiscard]] constexpr WideUint shifted_right(std::size_t bits) const noexcept {
    WideUint result;
    const std::size_t whole = bits / 32;
    const std::size_t part = bits % 32;
    for (std::size_t i = 0; i + whole < kLimbs; ++i) {
      std::uint64_t wide = limbs_[i + whole];
      if (i + whole + 1 < kLimbs) wide |= std::uint64_t{limbs_[i + whole + 1]} << 32;
      result.limbs_[i] = static_cast<std::uint32_t>(wide >> part);
    }
    return result;
  }

  constexpr WideUint& multiply(std::uint32_t factor) noexcept { return multiply_add(factor, 0); }

  /// *this * factor + addend
  constexpr WideUint& multiply_add(std::uint32_t factor, std::uint32_t addend) noexcept {
    std::uint64_t carry = addend;
    for (std::uint32_t& limb : limbs_) {
      carry += std::uint64_t{limb} * factor;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return *this;
  }

  constexpr WideUint& add(const WideUint& other) noexcept {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      carry += std::uint64_t{limbs_[i]} + other.limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return *this;
  }

  constexpr WideUint& subtract(const WideUint& other) noexcept {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      const std::uint64_t difference = std::uint64_t{limbs_[i]} - other.limbs_[i] - borrow;
      limbs_[i] = static_cast<std::uint32_t>(difference);
      borrow = (difference >> 32) & 1;
    }
    return *this;
  }

  /// floor(*this / divisor) by long division in base 2; `divisor` below 2^511 and not 0.
  [[nodiscard]] constexpr WideUint divided_by(const WideUint& divisor) const noexcept {
    WideUint quotient;
    WideUint rest;
    for (std::size_t i = bit_width(); i-- > 0;) {
      rest.add(rest);
      if (bit(i)) rest.limbs_[0] |= 1;
      if (rest >= divisor) {
        rest.subtract(divisor);
        quotient.limbs_[i / 32] |= std::uint32_t{1} << (i % 32);
      }
    }
    return quotient;
  }

  /// To the nearest double.
  [[nodiscard]] double to_double() const noexcept {
    const std::size_t width = bit_width();
    if (width <= 64) return static_cast<double>(low64());
    const std::size_t dropped = width - 64;
    std::uint64_t top = shifted_right(dropped).low64();
    if (shifted_right(dropped).shifted_left(dropped) != *this) top |= 1;  // sticky: keeps ties from being false ones
    return std::ldexp(static_cast<double>(top), static_cast<int>(dropped));
  }

  [[nodiscard]] constexpr std::uint64_t low64() const noexcept { return (std::uint64_t{limbs_[1]} << 32) | limbs_[0]; }

  friend constexpr bool operator==(const WideUint&, const WideUint&) = default;
  friend constexpr std::strong_ordering operator<=>(const WideUint& left, const WideUint& right) noexcept {
    for (std::size_t i = kLimbs; i-- > 0;) {
      if (left.limbs_[i] != right.limbs_[i]) return left.limbs_[i] <=> right.limbs_[i];
    }
    return std::strong_ordering::equal;
  }

 private:
  std::array<std::uint32_t, kLimbs> limbs_{};  ///< lowest first
};

}  // namespace lode::chain
