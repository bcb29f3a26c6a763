#include "tests/support/test_work.h"

#include "host/chain/coinbase.h"
#include "host/chain/target.h"
#include "host/work/block_assembly.h"
#include "host/work/verifier.h"

namespace lode::test {

std::shared_ptr<work::WorkTemplate> make_template(std::uint8_t parent, std::uint32_t bits) {
  constexpr std::uint32_t kHeight = 200;
  chain::CoinbaseSpec spec;
  spec.height = kHeight;
  spec.value = 50'0000'0000;
  spec.payout_script = Bytes{0x51};
  spec.extranonce_size = 12;
  const auto parts = chain::build_coinbase(spec).value();

  auto work = std::make_shared<work::WorkTemplate>();
  work->source = "test";
  work->height = kHeight;
  work->version = 0x20000000;
  work->previous_block.bytes[0] = parent;
  work->time = 1'700'000'000;
  work->bits = bits;
  work->network_target = chain::Target::from_bits(bits).value();
  work->share_target = work->network_target;
  work->coinbase_prefix = parts.prefix;
  work->extranonce1 = {1, 2, 3, 4};
  work->extranonce2_size = 8;
  work->coinbase_suffix = parts.suffix;
  work->body = std::make_shared<const work::BlockBody>();
  return work;
}

std::shared_ptr<const work::Job> make_job(work::Generation generation, std::shared_ptr<const work::WorkTemplate> work,
                                          std::size_t source) {
  return std::make_shared<const work::Job>(work::Job{.generation = generation,
                                                     .source = source,
                                                     .work = std::move(work),
                                                     .received = std::chrono::steady_clock::now()});
}

work::FoundBlock make_block(std::uint8_t parent) {
  return make_block_on(make_template(parent)->previous_block);
}

work::FoundBlock make_block_on(const chain::Hash256& parent) {
  const auto work = make_template(0);
  work->previous_block = parent;
  const auto job = make_job(1, work);
  work::Roll roll{.extranonce2 = 0, .version = work->version, .time = work->time, .nonce = 0};
  while (work::verify(*job, roll).kind != work::Verdict::Kind::kBlock)
    ++roll.nonce;
  return work::assemble_block(*work, roll).value();
}

}  // namespace lode::test
