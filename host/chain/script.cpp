#include "host/chain/script.h"

#include "host/base/endian.h"

namespace lode::chain {
namespace {

/// Sigops that a CHECKMULTISIG counts for where its number of keys is not looked at.
constexpr std::uint32_t kSigopsOfMultiSig = 20;

/// Bytes of the length field behind a push opcode.
std::size_t length_bytes(std::uint8_t code) noexcept {
  return code == opcode::kPushData1 ? 1U : code == opcode::kPushData2 ? 2U : code == opcode::kPushData4 ? 4U : 0U;
}

/// What is left of `script`, which follows the push opcode `code`, behind the data pushed; empty where that ends early.
ByteView after_push(ByteView script, std::uint8_t code) noexcept {
  const std::size_t field = length_bytes(code);
  if (script.size() < field) return {};
  std::size_t length = field == 0 ? code : 0;
  for (std::size_t i = 0; i < field; ++i)
    length |= std::size_t{script[i]} << (8 * i);
  script = script.subspan(field);
  return script.size() < length ? ByteView{} : script.subspan(length);
}

}  // namespace

void append_push(Bytes& script, ByteView data) {
  if (data.size() < opcode::kPushData1) {
    script.push_back(static_cast<std::uint8_t>(data.size()));
  } else if (data.size() <= 0xff) {
    script.push_back(opcode::kPushData1);
    script.push_back(static_cast<std::uint8_t>(data.size()));
  } else {
    script.push_back(opcode::kPushData2);
    append(script, le_bytes(static_cast<std::uint16_t>(data.size())));
  }
  append(script, data);
}

std::size_t push_length(std::size_t size) noexcept {
  return size + (size < opcode::kPushData1 ? 1U : size <= 0xff ? 2U : 3U);
}

Bytes script_number(std::uint64_t number) {
  Bytes bytes;
  for (; number != 0; number >>= 8)
    bytes.push_back(static_cast<std::uint8_t>(number));
  // The highest bit is the sign.
  if (!bytes.empty() && (bytes.back() & 0x80) != 0) bytes.push_back(0);
  return bytes;
}

Bytes height_push(std::uint32_t height) {
  if (height == 0) return {opcode::kZero};
  if (height <= 16) return {static_cast<std::uint8_t>(opcode::kOne - 1 + height)};
  Bytes script;
  append_push(script, script_number(height));
  return script;
}

std::uint32_t count_sigops(ByteView script) noexcept {
  std::uint32_t count = 0;
  while (!script.empty()) {
    const std::uint8_t code = script.front();
    script = script.subspan(1);
    switch (code) {
      case opcode::kCheckSig:
      case opcode::kCheckSigVerify:
        count += 1;
        break;
      case opcode::kCheckMultiSig:
      case opcode::kCheckMultiSigVerify:
        count += kSigopsOfMultiSig;
        break;
      default:
        if (code <= opcode::kPushData4) script = after_push(script, code);
    }
  }
  return count;
}

}  // namespace lode::chain
