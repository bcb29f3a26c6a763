// A header serialises to the bytes it was parsed from; its bits are a target or an error.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "host/chain/check.h"
#include "host/chain/header.h"
#include "host/chain/target.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::chain;
  const lode::ByteView input(data, size);
  if (input.size() < kHeaderSize) return 0;
  const Header header = Header::parse(input.first<kHeaderSize>());
  const auto bytes = header.serialize();
  LODE_REQUIRE(std::equal(bytes.begin(), bytes.end(), input.begin()));
  const auto target = Target::from_bits(header.bits);
  const bool valid = check_header_work(header).has_value();
  LODE_REQUIRE(valid == (target && target->is_met_by(header.hash())));
  if (target) LODE_REQUIRE(Target::from_bits(target->to_bits()).value() == *target);
  return 0;
}
