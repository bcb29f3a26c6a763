#include "host/chain/compact_size.h"

#include <fmt/format.h>

#include "host/base/endian.h"

namespace lode::chain {

void append_compact_size(Bytes& to, std::uint64_t value) {
  switch (compact_size_length(value)) {
    case 1:
      to.push_back(static_cast<std::uint8_t>(value));
      return;
    case 3:
      to.push_back(0xfd);
      append(to, le_bytes(static_cast<std::uint16_t>(value)));
      return;
    case 5:
      to.push_back(0xfe);
      append(to, le_bytes(static_cast<std::uint32_t>(value)));
      return;
    default:
      to.push_back(0xff);
      append(to, le_bytes(value));
      return;
  }
}

std::uint64_t read_compact_size(Reader& reader) {
  const std::uint8_t first = reader.u8();
  if (first < 0xfd) return first;
  const std::size_t length = first == 0xfd ? 3 : first == 0xfe ? 5 : 9;
  const std::uint64_t value = length == 3 ? reader.u16() : length == 5 ? reader.u32() : reader.u64();
  if (reader.ok() && compact_size_length(value) != length) {
    reader.fail(fmt::format("size {} written in {} bytes, {} would do", value, length, compact_size_length(value)));
  }
  return reader.ok() ? value : 0;
}

std::size_t read_count(Reader& reader, std::size_t bytes_each) {
  const std::uint64_t count = read_compact_size(reader);
  if (reader.ok() && count > reader.remaining() / bytes_each) {
    reader.fail(
        fmt::format("{} items of at least {} bytes expected, {} bytes left", count, bytes_each, reader.remaining()));
  }
  return reader.ok() ? static_cast<std::size_t>(count) : 0;
}

ByteView read_sized_bytes(Reader& reader, std::size_t max_bytes) {
  const std::size_t length = read_count(reader, 1);
  if (length > max_bytes) reader.fail(fmt::format("{} bytes announced, at most {} allowed", length, max_bytes));
  return reader.bytes(length);
}

}  // namespace lode::chain
