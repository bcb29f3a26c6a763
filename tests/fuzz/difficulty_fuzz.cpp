// Any text is a difficulty with a target that is not zero, or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "host/chain/target.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::chain;
  const std::string text(data, data + size);
  const auto target = Target::from_difficulty(text);
  if (!target) return 0;
  LODE_REQUIRE(*target > Target());
  LODE_REQUIRE(target->difficulty() > 0);
  LODE_REQUIRE(target->expected_hashes() >= 1);
  LODE_REQUIRE(Target::from_bits(target->to_bits()).value() <= *target);
  return 0;
}
