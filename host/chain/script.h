// The little of Bitcoin's script that a miner writes and counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host/base/bytes.h"

namespace lode::chain {

namespace opcode {
inline constexpr std::uint8_t kZero = 0x00;
inline constexpr std::uint8_t kPushData1 = 0x4c;
inline constexpr std::uint8_t kPushData2 = 0x4d;
inline constexpr std::uint8_t kPushData4 = 0x4e;
inline constexpr std::uint8_t kOne = 0x51;
inline constexpr std::uint8_t kSixteen = 0x60;
inline constexpr std::uint8_t kReturn = 0x6a;
inline constexpr std::uint8_t kDup = 0x76;
inline constexpr std::uint8_t kEqual = 0x87;
inline constexpr std::uint8_t kEqualVerify = 0x88;
inline constexpr std::uint8_t kHash160 = 0xa9;
inline constexpr std::uint8_t kCheckSig = 0xac;
inline constexpr std::uint8_t kCheckSigVerify = 0xad;
inline constexpr std::uint8_t kCheckMultiSig = 0xae;
inline constexpr std::uint8_t kCheckMultiSigVerify = 0xaf;
}  // namespace opcode

/// Most bytes that can be pushed (BIP141's script element limit).
inline constexpr std::size_t kMaxScriptElement = 520;

/// Appends the shortest push of `data` as a byte string (at most 65535 bytes): 01..4b, PUSHDATA1, PUSHDATA2.
void append_push(Bytes& script, ByteView data);
/// Bytes that append_push adds for `size` bytes of data.
[[nodiscard]] std::size_t push_length(std::size_t size) noexcept;

/// `number` as a script number: little endian, shortest, highest bit clear (0 is empty).
Bytes script_number(std::uint64_t number);

/// What a coinbase script must begin with (BIP34), byte for byte as consensus compares: 0 -> 00, 1..16 -> 51..60,
/// 17 -> 0111, 128 -> 028000.
Bytes height_push(std::uint32_t height);

/// Signature operations as counted without knowing what is spent: CHECKSIG 1, CHECKMULTISIG 20; counting stops where a
/// push runs past the end. One such operation costs 4 of a block's 80000 (BIP141).
[[nodiscard]] std::uint32_t count_sigops(ByteView script) noexcept;

}  // namespace lode::chain
