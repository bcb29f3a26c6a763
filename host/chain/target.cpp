#include "host/chain/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "host/base/endian.h"
#include "host/base/hex.h"
#include "host/chain/wide_uint.h"

namespace lode::chain {
namespace {

constexpr std::size_t kMaxDifficultyText = 64;
/// Exponents are cut to this before they are added up; any such difficulty is far outside what fits.
constexpr int kExponentLimit = 10'000;

constexpr WideUint kDifficultyOne = WideUint(0xffff).shifted_left(208);

/// A decimal number: mantissa * 10^exponent, the mantissa of `digits` digits without leading zeros.
struct Decimal {
  WideUint mantissa;
  int digits = 0;
  int exponent = 0;
};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The digits after an "e"; nothing where they are missing or something follows.
std::optional<int> parse_exponent(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  int value = 0;
  for (const char c : text)
    value = std::min(kExponentLimit, value * 10 + (c - '0'));
  return negative ? -value : value;
}

/// An unsigned decimal number as JSON or a person writes it. At most kMaxDifficultyText digits, so at most 213 bits.
std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  bool any_digit = false;
  bool after_point = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(c)) break;
    any_digit = true;
    if (number.digits != 0 || c != '0') ++number.digits;
    number.mantissa.multiply_add(10, static_cast<std::uint32_t>(c - '0'));
    if (after_point) --number.exponent;
  }
  if (!any_digit) return std::nullopt;
  if (i == text.size()) return number;
  if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
  const auto exponent = parse_exponent(text.substr(i + 1));
  if (!exponent) return std::nullopt;
  number.exponent += *exponent;
  return number;
}

void multiply_by_power_of_ten(WideUint& number, int power) {
  for (int i = 0; i < power; ++i)
    number.multiply(10);
}

}  // namespace

Target Target::max() noexcept {
  Target target;
  target.bytes_.fill(0xff);
  return target;
}

Target Target::difficulty_one() noexcept {
  return from_le_bytes(kDifficultyOne.low_le_bytes());
}

Target Target::from_le_bytes(const std::array<std::uint8_t, 32>& bytes) noexcept {
  Target target;
  target.bytes_ = bytes;
  return target;
}

Result<Target> Target::from_bits(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> 24;
  std::uint32_t mantissa = bits & 0x007fffff;
  if (exponent < 3) mantissa >>= 8 * (3 - exponent);
  if (mantissa == 0) return fail(Errc::kOutOfRange, fmt::format("bits {:08x} stand for target zero", bits));
  if ((bits & 0x00800000) != 0) return fail(Errc::kOutOfRange, fmt::format("bits {:08x} are negative", bits));
  const std::size_t shift = exponent > 3 ? 8 * (std::size_t{exponent} - 3) : 0;
  const auto mantissa_width = static_cast<std::size_t>(std::bit_width(mantissa));
  if (mantissa_width + shift > 256) {
    return fail(Errc::kOutOfRange, fmt::format("bits {:08x} stand for more than 256 bits", bits));
  }
  return from_le_bytes(WideUint(mantissa).shifted_left(shift).low_le_bytes());
}

std::uint32_t Target::to_bits() const noexcept {
  const WideUint number = WideUint::from_le_bytes(bytes_);
  std::size_t size = (number.bit_width() + 7) / 8;
  std::uint64_t mantissa =
      size <= 3 ? number.low64() << (8 * (3 - size)) : number.shifted_right(8 * (size - 3)).low64();
  if ((mantissa & 0x00800000) != 0) {  // that bit is the sign: make room
    mantissa >>= 8;
    ++size;
  }
  return static_cast<std::uint32_t>(mantissa) | static_cast<std::uint32_t>(size << 24);
}

Result<Target> Target::from_difficulty(std::string_view text) {
  if (text.size() > kMaxDifficultyText) {
    return fail(Errc::kMalformed,
                fmt::format("difficulty of {} characters, at most {} read", text.size(), kMaxDifficultyText));
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = parse_decimal(text);
  if (!number) return fail(Errc::kMalformed, "difficulty is not a decimal number");
  if (negative || number->digits == 0) return fail(Errc::kOutOfRange, "difficulty must be above zero");

  // 10^(magnitude-1) <= difficulty < 10^magnitude. Below 1e-10 the target has more than 256 bits; from 1e68 on it is
  // zero. In between everything fits 512 bits.
  const int magnitude = number->digits + number->exponent;
  if (magnitude <= -10) return max();
  if (magnitude >= 69) return fail(Errc::kOutOfRange, "difficulty is so high that no target is left");
  WideUint numerator = kDifficultyOne;
  WideUint denominator = number->mantissa;
  multiply_by_power_of_ten(numerator, -number->exponent);
  multiply_by_power_of_ten(denominator, number->exponent);
  const WideUint quotient = numerator.divided_by(denominator);
  if (quotient.bit_width() > 256) return max();
  if (quotient.bit_width() == 0) return fail(Errc::kOutOfRange, "difficulty is so high that no target is left");
  return from_le_bytes(quotient.low_le_bytes());
}

Result<Target> Target::from_difficulty(double difficulty) {
  if (!std::isfinite(difficulty)) return fail(Errc::kOutOfRange, "difficulty is not a finite number");
  return from_difficulty(fmt::format("{}", difficulty));
}

double Target::difficulty() const noexcept {
  const double number = WideUint::from_le_bytes(bytes_).to_double();
  if (number == 0) return std::numeric_limits<double>::infinity();
  return kDifficultyOne.to_double() / number;
}

Result<Target> Target::from_display(std::string_view text) {
  auto hash = Hash256::from_display(text);
  if (!hash) return hash.error();
  return from_le_bytes(hash->bytes);
}

std::string Target::to_display() const {
  return Hash256{bytes_}.to_display();
}

bool Target::is_met_by(const Hash256& hash) const noexcept {
  return from_le_bytes(hash.bytes) <= *this;
}

std::uint32_t Target::top_word() const noexcept {
  return read_le<std::uint32_t>(std::span<const std::uint8_t, 32>(bytes_).last<4>());
}

double Target::expected_hashes() const noexcept {
  WideUint number = WideUint::from_le_bytes(bytes_);
  number.add(WideUint(1));
  return std::ldexp(1.0, 256) / number.to_double();
}

Target Target::scaled(const Target& target, std::uint64_t numerator, std::uint64_t denominator) noexcept {
  if (denominator == 0) return max();
  const WideUint number = WideUint::from_le_bytes(target.bytes_);
  WideUint product = number;
  product.multiply(static_cast<std::uint32_t>(numerator >> 32));
  product = product.shifted_left(32);
  WideUint low = number;
  product.add(low.multiply(static_cast<std::uint32_t>(numerator)));
  const WideUint quotient = product.divided_by(WideUint(denominator));
  return quotient.bit_width() > 256 ? max() : from_le_bytes(quotient.low_le_bytes());
}

std::strong_ordering operator<=>(const Target& left, const Target& right) noexcept {
  return std::lexicographical_compare_three_way(left.bytes_.rbegin(), left.bytes_.rend(), right.bytes_.rbegin(),
                                                right.bytes_.rend());
}

}  // namespace lode::chain
