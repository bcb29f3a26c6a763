// Mines real blocks for the embedded chain, and broken ones.
#pragma once

#include <functional>

#include "host/chain/block.h"
#include "host/chain/check.h"
#include "host/chain/merkle.h"
#include "host/chain/witness_commitment.h"
#include "host/work/block_assembly.h"
#include "host/work/work_template.h"
#include "tests/support/test_work.h"

namespace lode::test {

/// Turns the nonce until the header meets its own bits, or does not meet them. How many hashes that took.
inline std::uint64_t grind(chain::Header& header, bool valid = true) {
  std::uint64_t hashes = 1;
  while (chain::check_header_work(header).has_value() != valid) {
    ++header.nonce;
    ++hashes;
  }
  return hashes;
}

/// Sets the coinbase's commitment and the merkle root to what the transactions give.
inline void seal(chain::Block& block) {
  auto& outputs = block.transactions.at(0).outputs;
  if (!outputs.empty()) {
    outputs.back().script_pubkey =
        chain::witness_commitment_script(chain::witness_commitment(block.wtxids_without_coinbase()));
  }
  block.header.merkle_root = chain::merkle_root(block.txids());
}

/// The template's block with extranonce2 0, not mined.
inline chain::Block block_of(const work::WorkTemplate& work) {
  const work::Roll roll{.extranonce2 = 0, .version = work.version, .time = work.time, .nonce = 0};
  return chain::Block::parse(*work::assemble_block(work, roll).value().serialized).value();
}

/// The template's block, mined.
inline Bytes mine(const work::WorkTemplate& work) {
  chain::Block block = block_of(work);
  grind(block.header);
  return block.serialize();
}

}  // namespace lode::test
