// Makes a WorkTemplate out of the parts of a block, the same way for every source that builds whole blocks: a node's
// getblocktemplate reply and the embedded chain.
//
// A plain function without state; called on the io thread. It is on the way of a new tip to the devices, so it hashes
// only the merkle branch (one pass over the txids) and checks nothing that a source can check after publishing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/work/work_template.h"

namespace lode::node {

/// Everything that decides a block but what is rolled.
struct BlockParts {
  std::string source;        ///< name of the source, see WorkTemplate::source
  std::uint32_t height = 0;  ///< of the block to be found
  bool clean = true;         ///< older work of the source is void

  std::uint32_t version = 0x20000000;
  std::uint32_t version_mask = 0;  ///< bits that may be rolled (BIP320)
  chain::Hash256 previous_block;
  std::uint32_t time = 0;             ///< lowest header time, seconds since 1970
  std::uint32_t time_roll_limit = 0;  ///< seconds past `time` that are still fine
  std::uint32_t bits = 0;             ///< compact network target

  std::uint64_t coinbase_value = 0;  ///< satoshi: subsidy and fees together
  Bytes payout_script;               ///< scriptPubKey that gets all of it
  std::string coinbase_text;
  Bytes coinbase_aux_flags;  ///< bytes the node wants in the coinbase script (BIP22 coinbaseaux); usually none

  std::vector<chain::Hash256> txids;            ///< of the transactions after the coinbase, in block order
  std::shared_ptr<const work::BlockBody> body;  ///< the same transactions serialised; its count must equal txids.size()
  /// Whole scriptPubKey of the witness commitment (BIP141). With one, the body must say coinbase_has_witness, and the
  /// other way round.
  std::optional<Bytes> witness_commitment_script;

  Bytes extranonce1;                 ///< makes templates distinct from one another
  std::size_t extranonce2_size = 8;  ///< bytes left to the search, 0 .. 16
};

/// How the work counts shares: there are none, so the share target is the network target.
/// Errors: kMalformed or kOutOfRange for bits that are no target, a time that would wrap, a coinbase script that is too
/// long (says by how much), a body that does not fit txids or commitment.
Result<std::shared_ptr<const work::WorkTemplate>> build_template(BlockParts parts);

}  // namespace lode::node
