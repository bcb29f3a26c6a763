#include "host/chain/base58.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/chain/hash256.h"

namespace lode::chain {
namespace {

constexpr std::string_view kBase58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kChecksumSize = 4;

/// number = number * factor + addend; digits in base `base`, lowest first. Quadratic over a text: bound it first.
void multiply_add(Bytes& digits, std::uint32_t base, std::uint32_t factor, std::uint32_t addend) {
  std::uint32_t carry = addend;
  for (std::uint8_t& digit : digits) {
    carry += digit * factor;
    digit = static_cast<std::uint8_t>(carry % base);
    carry /= base;
  }
  for (; carry != 0; carry /= base)
    digits.push_back(static_cast<std::uint8_t>(carry % base));
}

}  // namespace

Result<Bytes> parse_base58check(std::string_view text, std::size_t max_bytes) {
  // A byte takes at most log(256)/log(58) = 1.37 characters.
  if (text.size() > (max_bytes + kChecksumSize) * 138 / 100 + 1) {
    return fail(Errc::kTooLarge, fmt::format("{} characters are too many", text.size()));
  }
  Bytes bytes;  // lowest first until it is reversed
  std::size_t leading_zeros = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t value = kBase58Alphabet.find(text[i]);
    if (value == std::string_view::npos) {
      return fail(Errc::kMalformed,
                  fmt::format("character {} is none that base58 uses (0, O, I and l are left out)", i + 1));
    }
    if (value == 0 && i == leading_zeros) ++leading_zeros;
    multiply_add(bytes, 256, 58, static_cast<std::uint32_t>(value));
  }
  bytes.insert(bytes.end(), leading_zeros, 0);
  std::reverse(bytes.begin(), bytes.end());
  if (bytes.size() < kChecksumSize) return fail(Errc::kMalformed, "too short");
  if (bytes.size() > max_bytes + kChecksumSize) return fail(Errc::kTooLarge, "too long");

  const ByteView payload = ByteView(bytes).first(bytes.size() - kChecksumSize);
  const Hash256 digest = sha256d(payload);
  if (!std::equal(digest.bytes.begin(), digest.bytes.begin() + kChecksumSize, bytes.end() - kChecksumSize)) {
    return fail(Errc::kMalformed, "the checksum is wrong: a character is mistyped or missing");
  }
  return Bytes(payload.begin(), payload.end());
}

std::string encode_base58check(ByteView payload) {
  Bytes bytes(payload.begin(), payload.end());
  const Hash256 digest = sha256d(payload);
  bytes.insert(bytes.end(), digest.bytes.begin(), digest.bytes.begin() + kChecksumSize);
  Bytes digits;
  std::size_t leading_zeros = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == 0 && i == leading_zeros) ++leading_zeros;
    multiply_add(digits, 58, 256, bytes[i]);
  }
  std::string text(leading_zeros, kBase58Alphabet[0]);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    text += kBase58Alphabet[*digit];
  return text;
}

}  // namespace lode::chain
