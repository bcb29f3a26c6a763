// A compact size that is accepted is the one way to write its value.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "host/chain/compact_size.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::chain;
  const lode::ByteView input(data, size);
  Reader reader(input);
  while (reader.remaining() != 0) {
    const std::size_t start = reader.offset();
    const std::uint64_t value = read_compact_size(reader);
    if (!reader.ok()) break;
    lode::Bytes bytes;
    append_compact_size(bytes, value);
    LODE_REQUIRE(bytes.size() == reader.offset() - start);
    LODE_REQUIRE(bytes.size() == compact_size_length(value));
    LODE_REQUIRE(std::equal(bytes.begin(), bytes.end(), input.begin() + static_cast<std::ptrdiff_t>(start)));
  }
  Reader sized(input);
  while (sized.remaining() != 0)
    LODE_REQUIRE(read_sized_bytes(sized, 64).size() <= 64);
  Reader counted(input);
  LODE_REQUIRE(read_count(counted, 9) <= size / 9);
  return 0;
}
