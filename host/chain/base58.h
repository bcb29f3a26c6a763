// Base58Check text: bytes with a 4-byte checksum.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"

namespace lode::chain {

/// Payload without the checksum. `max_bytes` bounds the payload. Errors: kMalformed (character, checksum), kTooLarge.
Result<Bytes> parse_base58check(std::string_view text, std::size_t max_bytes);

std::string encode_base58check(ByteView payload);

}  // namespace lode::chain
