#include "host/chain/bech32.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace lode::chain {
namespace {

constexpr std::string_view kBech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kMaxTextLength = 90;
constexpr std::size_t kChecksumLength = 6;
constexpr std::uint32_t kBech32Constant = 1;
constexpr std::uint32_t kBech32mConstant = 0x2bc830a3;

/// The BCH code's remainder, fed with 5 bits at a time (BIP173, "Checksum").
class Checksum {
 public:
  void feed(std::uint8_t value) noexcept {
    static constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                             0x2a1462b3};
    const std::uint32_t top = state_ >> 25;
    state_ = ((state_ & 0x1ffffff) << 5) ^ value;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
      if (((top >> i) & 1) != 0) state_ ^= kGenerator[i];
    }
  }

  /// The human-readable part: high bits of every character, a zero, low bits.
  void feed_prefix(std::string_view prefix) noexcept {
    for (const char c : prefix)
      feed(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5));
    feed(0);
    for (const char c : prefix)
      feed(static_cast<std::uint8_t>(c & 0x1f));
  }

  [[nodiscard]] std::uint32_t state() const noexcept { return state_; }

 private:
  std::uint32_t state_ = 1;
};

bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

Result<std::string> to_one_case(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_upper) && std::any_of(text.begin(), text.end(), is_lower)) {
    return fail(Errc::kMalformed, "upper and lower case are mixed");
  }
  std::string lower(text);
  for (char& c : lower) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Result<Bytes> parse_values(std::string_view text, std::size_t position) {
  Bytes values;
  values.reserve(text.size());
  for (const char c : text) {
    const std::size_t value = kBech32Alphabet.find(c);
    if (value == std::string_view::npos) {
      return fail(
          Errc::kMalformed,
          fmt::format("character {} of the text is none that bech32 uses (b, i, o and 1 are left out)", position));
    }
    values.push_back(static_cast<std::uint8_t>(value));
    ++position;
  }
  return values;
}

}  // namespace

Result<Bech32Text> parse_bech32(std::string_view text) {
  if (text.size() > kMaxTextLength) {
    return fail(Errc::kMalformed, fmt::format("{} characters, at most {} allowed", text.size(), kMaxTextLength));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x21 || text[i] > 0x7e)
      return fail(Errc::kMalformed, fmt::format("character {} is not allowed", i + 1));
  }
  const auto lower = to_one_case(text);
  if (!lower) return lower.error();
  const std::size_t separator = lower->rfind('1');
  if (separator == std::string::npos) return fail(Errc::kMalformed, "the separator 1 is missing");
  if (separator == 0) return fail(Errc::kMalformed, "nothing stands before the separator 1");
  const std::string_view data = std::string_view(*lower).substr(separator + 1);
  auto values = parse_values(data, separator + 2);
  if (!values) return values.error();
  if (values->size() < kChecksumLength) return fail(Errc::kMalformed, "too short: part of the checksum is missing");

  Bech32Text result;
  result.prefix = lower->substr(0, separator);
  Checksum checksum;
  checksum.feed_prefix(result.prefix);
  for (const std::uint8_t value : *values)
    checksum.feed(value);
  if (checksum.state() == kBech32Constant) {
    result.kind = Bech32Kind::kBech32;
  } else if (checksum.state() == kBech32mConstant) {
    result.kind = Bech32Kind::kBech32m;
  } else {
    return fail(Errc::kMalformed, "the checksum is wrong: a character is mistyped or missing");
  }
  result.values.assign(values->begin(), values->end() - kChecksumLength);
  return result;
}

std::string encode_bech32(std::string_view prefix, ByteView values, Bech32Kind kind) {
  Checksum checksum;
  checksum.feed_prefix(prefix);
  std::string text(prefix);
  text += '1';
  for (const std::uint8_t value : values) {
    checksum.feed(value & 0x1f);
    text += kBech32Alphabet[value & 0x1f];
  }
  for (std::size_t i = 0; i < kChecksumLength; ++i)
    checksum.feed(0);
  const std::uint32_t remainder = checksum.state() ^ (kind == Bech32Kind::kBech32 ? kBech32Constant : kBech32mConstant);
  for (std::size_t i = kChecksumLength; i-- > 0;)
    text += kBech32Alphabet[(remainder >> (5 * i)) & 0x1f];
  return text;
}

Bytes to_five_bits(ByteView bytes) {
  Bytes values;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    pending = ((pending << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5)
      values.push_back(static_cast<std::uint8_t>((pending >> (bits - 5)) & 0x1f));
  }
  if (bits != 0) values.push_back(static_cast<std::uint8_t>((pending << (5 - bits)) & 0x1f));
  return values;
}

Result<Bytes> from_five_bits(ByteView values) {
  Bytes bytes;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const std::uint8_t value : values) {
    if (value > 0x1f) return fail(Errc::kMalformed, "a value has more than five bits");
    pending = ((pending << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(pending >> bits));
    }
  }
  if (bits >= 5) return fail(Errc::kMalformed, "padding of more than four bits");
  if ((pending & ((1U << bits) - 1)) != 0) return fail(Errc::kMalformed, "padding that is not zero");
  return bytes;
}

}  // namespace lode::chain
