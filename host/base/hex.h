// Hexadecimal text, as Bitcoin's JSON interfaces carry bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"

namespace lode {

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

/// Bytes of `text` (either case). `max_bytes` bounds the result and is checked before anything is allocated.
/// Errors: kMalformed (odd length, a character that is no hex digit), kTooLarge.
Result<Bytes> from_hex(std::string_view text, std::size_t max_bytes);

/// Decodes into exactly `out.size()` bytes. Errors: kMalformed (other length, or a character that is no hex digit).
Result<void> from_hex_into(std::string_view text, std::span<std::uint8_t> out);

}  // namespace lode
