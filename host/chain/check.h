// The consensus rules that can be checked without knowing which outputs are unspent, each with the reject string that
// Bitcoin Core gives for it.
//
// Pure functions; any thread. They look at every transaction, so they are for blocks found, not for every template.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/block.h"
#include "host/chain/hash256.h"

namespace lode::chain {

/// What a rule said about a block.
struct RuleResult {
  std::string name;  ///< the reject string, such as "bad-cb-length"
  bool passed = false;
  std::string
      detail;  ///< with numbers, such as "coinbase script of 101 bytes, 2 to 100 allowed"; often empty when passed

  friend bool operator==(const RuleResult&, const RuleResult&) = default;
};

struct CheckOptions {
  bool check_work = true;  ///< false leaves out high-hash, to try a block before it is mined
  bool segwit = true;      ///< false for blocks from before BIP141's activation
};

/// What the chain says about the block that comes next.
struct BlockContext {
  Hash256 previous_block;
  std::uint32_t height = 0;
  std::uint32_t bits = 0;                           ///< as the header must have it
  std::uint32_t median_time_past = 0;               ///< of the blocks before; the time must be above it
  std::uint32_t max_time = 0;                       ///< adjusted time plus two hours; the time must not be above it
  std::optional<std::uint64_t> max_coinbase_value;  ///< satoshi: subsidy plus fees, where known
  bool bip34 = true;                                ///< coinbase begins with the height
  std::uint32_t min_version = 4;  ///< signed: BIP34 2, BIP66 3, BIP65 4; versions with bit 31 set fail it
};

/// Every rule in the order in which they are checked, passed or not. A rule that another's failure makes meaningless
/// (no coinbase, so no height) is left out. Never empty.
std::vector<RuleResult> evaluate_block(const Block& block, const CheckOptions& options = {},
                                       const std::optional<BlockContext>& context = std::nullopt);

/// As evaluate_block for the first rule that fails. Errors: kInvalidBlock, "bad-cb-length: coinbase script of ...".
Result<void> check_block(const Block& block, const CheckOptions& options = {},
                         const std::optional<BlockContext>& context = std::nullopt);

/// Parses and checks. Errors: also kMalformed and kTooLarge.
Result<void> check_block(ByteView serialized, const CheckOptions& options = {},
                         const std::optional<BlockContext>& context = std::nullopt);

/// Proof of work of a header alone: "high-hash". Errors: kInvalidBlock.
Result<void> check_header_work(const Header& header);

}  // namespace lode::chain
