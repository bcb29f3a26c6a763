// Bech32 and bech32m text (BIP173, BIP350).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"

namespace lode::chain {

enum class Bech32Kind { kBech32, kBech32m };

struct Bech32Text {
  std::string prefix;  ///< the human-readable part, lower case
  Bytes values;        ///< 5 bits each, without the checksum
  Bech32Kind kind = Bech32Kind::kBech32;
};

/// At most 90 characters. Errors: kMalformed, naming what is wrong: mixed case, no separator, character, length,
/// checksum.
Result<Bech32Text> parse_bech32(std::string_view text);

/// `prefix` in lower case; values of 5 bits.
std::string encode_bech32(std::string_view prefix, ByteView values, Bech32Kind kind);

/// Groups of 8 bits to groups of 5, the last padded with zeros.
Bytes to_five_bits(ByteView bytes);
/// The inverse. Errors: kMalformed (padding of more than 4 bits, or not zero).
Result<Bytes> from_five_bits(ByteView values);

}  // namespace lode::chain
