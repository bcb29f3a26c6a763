// The low-level SHA256 functions are deprecated in favour of EVP, which costs an allocation and a fetch a hash: too
// much for the thousand small hashes of a merkle branch.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "host/chain/hash256.h"

#include <openssl/sha.h>

#include <algorithm>

#include "host/base/endian.h"
#include "host/base/hex.h"

namespace lode::chain {
namespace {

using BlockBytes = std::array<std::uint8_t, 64>;

/// The padding block that follows 64 bytes of message: a one bit, zeros, the length of 512 bits.
constexpr BlockBytes kPaddingAfter64 = [] {
  BlockBytes block{};
  block[0] = 0x80;
  block[62] = 0x02;
  return block;
}();

/// Digest of the state after its last block, big endian words.
void write_state(const SHA256_CTX& context, std::span<std::uint8_t, 32> out) noexcept {
  for (std::size_t i = 0; i < 8; ++i) {
    write_be<std::uint32_t>(std::span<std::uint8_t, 4>(out.subspan(4 * i, 4)), context.h[i]);
  }
}

/// SHA-256 of 32 bytes: one block, padded by hand.
Hash256 sha256_of_digest(const Hash256& digest) noexcept {
  BlockBytes block{};
  std::copy(digest.bytes.begin(), digest.bytes.end(), block.begin());
  block[32] = 0x80;
  block[62] = 0x01;  // 256 bits
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Transform(&context, block.data());
  Hash256 out;
  write_state(context, out.bytes);
  return out;
}

}  // namespace

std::string Hash256::to_display() const {
  std::array<std::uint8_t, 32> reversed = bytes;
  std::reverse(reversed.begin(), reversed.end());
  return to_hex(reversed);
}

Result<Hash256> Hash256::from_display(std::string_view text) {
  Hash256 hash;
  if (auto decoded = from_hex_into(text, hash.bytes); !decoded) return decoded.error();
  std::reverse(hash.bytes.begin(), hash.bytes.end());
  return hash;
}

bool Hash256::is_zero() const noexcept {
  return *this == Hash256{};
}

Hash256 sha256(ByteView data) noexcept {
  Hash256 out;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, data.data(), data.size());
  SHA256_Final(out.bytes.data(), &context);
  return out;
}

Hash256 sha256d(ByteView data) noexcept {
  return sha256_of_digest(sha256(data));
}

Hash256 sha256d(const Hash256& left, const Hash256& right) noexcept {
  BlockBytes block;
  std::copy(left.bytes.begin(), left.bytes.end(), block.begin());
  std::copy(right.bytes.begin(), right.bytes.end(), block.begin() + 32);
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Transform(&context, block.data());
  SHA256_Transform(&context, kPaddingAfter64.data());
  Hash256 first;
  write_state(context, first.bytes);
  return sha256_of_digest(first);
}

struct Sha256d::State {
  SHA256_CTX context;
};

Sha256d::Sha256d() : state_(std::make_unique<State>()) {
  SHA256_Init(&state_->context);
}
Sha256d::~Sha256d() = default;
Sha256d::Sha256d(Sha256d&&) noexcept = default;
Sha256d& Sha256d::operator=(Sha256d&&) noexcept = default;

Sha256d& Sha256d::write(ByteView data) noexcept {
  SHA256_Update(&state_->context, data.data(), data.size());
  return *this;
}

Hash256 Sha256d::finish() noexcept {
  Hash256 first;
  SHA256_Final(first.bytes.data(), &state_->context);
  SHA256_Init(&state_->context);
  return sha256_of_digest(first);
}

}  // namespace lode::chain
