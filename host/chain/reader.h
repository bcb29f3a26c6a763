// Reads fields from bytes that nobody vouches for.
//
// A Reader borrows its bytes: they must outlive it and every view it hands out. The first failure sticks: from then on
// every read gives zero or an empty view and consumes nothing, so that a parser may read a group of fields and ask ok()
// once, before it acts on them. Nothing is ever allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "host/base/bytes.h"
#include "host/base/endian.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"

namespace lode::chain {

class Reader {
 public:
  explicit Reader(ByteView bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] bool ok() const noexcept { return failure_.empty(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return ok() ? bytes_.size() - offset_ : 0; }
  /// Bytes consumed so far.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

  std::uint8_t u8() { return integer<std::uint8_t>(); }
  std::uint16_t u16() { return integer<std::uint16_t>(); }
  std::uint32_t u32() { return integer<std::uint32_t>(); }
  std::uint64_t u64() { return integer<std::uint64_t>(); }
  Hash256 hash();
  /// Exactly `count` bytes, as a view into the input.
  ByteView bytes(std::size_t count);
  /// A byte that is looked at but not consumed; 0 at the end (which is no failure).
  [[nodiscard]] std::uint8_t peek(std::size_t ahead = 0) const noexcept;

  /// Records what is wrong, unless something was wrong before.
  void fail(std::string what);
  /// kMalformed with the first failure and where it was; only when !ok().
  [[nodiscard]] Error error() const;

 private:
  template <class T>
  T integer() {
    const ByteView view = bytes(sizeof(T));
    return view.size() == sizeof(T) ? read_le<T>(view.first<sizeof(T)>()) : T{0};
  }

  ByteView bytes_;
  std::size_t offset_ = 0;
  std::string failure_;
};

}  // namespace lode::chain
