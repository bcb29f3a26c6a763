// A transaction that is accepted serialises to exactly the bytes it was parsed from.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "host/chain/script.h"
#include "host/chain/transaction.h"
#include "host/chain/witness_commitment.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::chain;
  const lode::ByteView input(data, size);
  const auto tx = Transaction::parse(input);
  if (!tx) return 0;
  const lode::Bytes bytes = tx->serialize();
  LODE_REQUIRE(std::equal(bytes.begin(), bytes.end(), input.begin(), input.end()));
  LODE_REQUIRE(bytes.size() == tx->serialized_size());
  const lode::Bytes stripped = tx->serialize(WitnessForm::kWithout);
  LODE_REQUIRE(stripped.size() == tx->serialized_size(WitnessForm::kWithout));
  LODE_REQUIRE(tx->weight() == 3 * stripped.size() + bytes.size());
  LODE_REQUIRE((tx->txid() == tx->wtxid()) == !tx->has_witness());
  for (const TxOut& output : tx->outputs) {
    LODE_REQUIRE(count_sigops(output.script_pubkey) <= 20 * output.script_pubkey.size());
  }
  static_cast<void>(find_witness_commitment(*tx));
  return 0;
}
