#include "host/base/hex.h"

#include <fmt/format.h>

#include <array>

namespace lode {
namespace {

constexpr std::uint8_t kNotHex = 0xff;

constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNotHex);
  for (std::uint8_t i = 0; i < 10; ++i)
    table[static_cast<std::size_t>('0') + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    table[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(10 + i);
    table[static_cast<std::size_t>('A') + i] = static_cast<std::uint8_t>(10 + i);
  }
  return table;
}

constexpr auto kDigitValues = make_digit_values();

/// Decodes 2 * out.size() digits; true when all were digits. No branch a digit: templates carry megabytes of hex.
bool decode(const char* text, std::span<std::uint8_t> out) noexcept {
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t high = kDigitValues[static_cast<std::uint8_t>(text[2 * i])];
    const std::uint8_t low = kDigitValues[static_cast<std::uint8_t>(text[2 * i + 1])];
    seen |= static_cast<std::uint8_t>(high | low);
    out[i] = static_cast<std::uint8_t>((high << 4) | (low & 0x0f));
  }
  return (seen & 0xf0) == 0;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4];
    text[2 * i + 1] = kDigits[bytes[i] & 0x0f];
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text, std::size_t max_bytes) {
  if (text.size() % 2 != 0) return fail(Errc::kMalformed, "hex text has an odd number of digits");
  if (text.size() / 2 > max_bytes) {
    return fail(Errc::kTooLarge, fmt::format("hex text of {} bytes, at most {} allowed", text.size() / 2, max_bytes));
  }
  Bytes bytes(text.size() / 2);
  if (!decode(text.data(), bytes)) return fail(Errc::kMalformed, "hex text has a character that is not a hex digit");
  return bytes;
}

Result<void> from_hex_into(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != out.size() * 2) {
    return fail(Errc::kMalformed, fmt::format("expected {} hex digits, got {}", out.size() * 2, text.size()));
  }
  if (!decode(text.data(), out)) return fail(Errc::kMalformed, "hex text has a character that is not a hex digit");
  return {};
}

}  // namespace lode
