#include "host/chain/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lode::chain {

ByteView Reader::bytes(std::size_t count) {
  if (!ok()) return {};
  if (count > bytes_.size() - offset_) {
    fail(fmt::format("{} bytes expected, {} left", count, bytes_.size() - offset_));
    return {};
  }
  const ByteView view = bytes_.subspan(offset_, count);
  offset_ += count;
  return view;
}

Hash256 Reader::hash() {
  Hash256 hash;
  const ByteView view = bytes(hash.bytes.size());
  std::copy(view.begin(), view.end(), hash.bytes.begin());
  return hash;
}

std::uint8_t Reader::peek(std::size_t ahead) const noexcept {
  return ahead < remaining() ? bytes_[offset_ + ahead] : std::uint8_t{0};
}

void Reader::fail(std::string what) {
  if (ok()) failure_ = std::move(what);
}

Error Reader::error() const {
  return lode::fail(Errc::kMalformed, fmt::format("at byte {}: {}", offset_, failure_));
}

}  // namespace lode::chain
