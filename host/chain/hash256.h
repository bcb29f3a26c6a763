// A 256-bit hash in the byte order in which it is computed and sent, and SHA-256 over host memory.
//
// Values and pure functions: any thread. The functions here serve merkle trees, transactions and checks (OpenSSL's
// implementation, which picks the CPU's SHA instructions at run time); the search for nonces has kernels of its own.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"

namespace lode::chain {

/// 32 bytes in raw order, as they stand in headers and transactions. People see them reversed ("display").
struct Hash256 {
  std::array<std::uint8_t, 32> bytes{};

  /// 64 hex digits of the bytes in reverse: how explorers, RPC and logs write a hash.
  [[nodiscard]] std::string to_display() const;
  /// The inverse; either case of digits. Errors: kMalformed.
  static Result<Hash256> from_display(std::string_view text);

  [[nodiscard]] bool is_zero() const noexcept;

  friend bool operator==(const Hash256&, const Hash256&) = default;
  /// Order of the raw bytes, for containers. To compare a hash as a number use Target.
  friend auto operator<=>(const Hash256&, const Hash256&) = default;
};

/// One SHA-256 (FIPS 180-4).
Hash256 sha256(ByteView data) noexcept;

/// SHA-256 of the SHA-256: Bitcoin's hash of headers, transactions and merkle nodes.
Hash256 sha256d(ByteView data) noexcept;

/// sha256d of two hashes one after the other: a merkle node.
Hash256 sha256d(const Hash256& left, const Hash256& right) noexcept;

/// sha256d of data that arrives in pieces. After finish() it is as new.
class Sha256d {
 public:
  Sha256d();
  ~Sha256d();
  Sha256d(Sha256d&&) noexcept;
  Sha256d& operator=(Sha256d&&) noexcept;
  Sha256d(const Sha256d&) = delete;
  Sha256d& operator=(const Sha256d&) = delete;

  Sha256d& write(ByteView data) noexcept;
  Hash256 finish() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lode::chain

/// Hashes are uniform in their first bytes (block hashes end in zeros, they do not begin with them).
template <>
struct std::hash<lode::chain::Hash256> {
  std::size_t operator()(const lode::chain::Hash256& value) const noexcept {
    std::size_t result = 0;
    std::memcpy(&result, value.bytes.data(), sizeof(result));
    return result;
  }
};
