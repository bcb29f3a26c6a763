// A block that is accepted serialises to the bytes it was parsed from; the rules speak about any block.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "host/chain/block.h"
#include "host/chain/check.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::chain;
  const lode::ByteView input(data, size);
  const auto block = Block::parse(input);
  LODE_REQUIRE(block || !check_block(input));
  if (!block) return 0;
  const lode::Bytes bytes = block->serialize();
  LODE_REQUIRE(std::equal(bytes.begin(), bytes.end(), input.begin(), input.end()));

  BlockContext context;
  context.previous_block = block->header.previous_block;
  context.height = 200;
  context.bits = block->header.bits;
  context.max_time = block->header.time;
  context.max_coinbase_value = 2'500'000'000;
  const CheckOptions options{.check_work = false};
  const auto rules = evaluate_block(*block, options, context);
  LODE_REQUIRE(!rules.empty());
  const bool all = std::all_of(rules.begin(), rules.end(), [](const RuleResult& rule) { return rule.passed; });
  LODE_REQUIRE(all == check_block(*block, options, context).has_value());
  return 0;
}
