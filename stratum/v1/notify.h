// mining.notify: the work of a pool as it stands on the wire.
//
// Values and pure functions; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/chain/target.h"
#include "host/work/work_template.h"

namespace lode::stratum::v1 {

/// Most bytes of each coinbase half; a whole block has 4 million.
inline constexpr std::size_t kMaxCoinbaseHalf = std::size_t{1} << 20;
/// 2^32 transactions would fit below a branch of this length.
inline constexpr std::size_t kMaxBranch = 32;
inline constexpr std::size_t kMaxJobId = 256;
inline constexpr std::size_t kMaxExtranonce1 = 64;
inline constexpr std::size_t kMaxExtranonce2 = 16;

struct Notify {
  std::string job_id;
  chain::Hash256 previous_block;  ///< raw order, as in a header
  Bytes coinbase_prefix;          ///< coinb1, without witness
  Bytes coinbase_suffix;          ///< coinb2
  std::vector<chain::Hash256> merkle_branch;
  std::uint32_t version = 0;
  std::uint32_t bits = 0;
  std::uint32_t time = 0;
  bool clean = true;  ///< older jobs are void
  chain::Target network_target;

  friend bool operator==(const Notify&, const Notify&) = default;
};

/// The 64 hex digits of a notify's previous hash to the header's bytes: the bytes of each group of 4 are swapped.
/// Errors: kMalformed.
Result<chain::Hash256> parse_previous_hash(std::string_view digits);

/// The inverse, for a server.
std::string encode_previous_hash(const chain::Hash256& previous_block);

/// [job id, previous hash, coinb1, coinb2, branch, version, bits, time, clean]. A missing clean counts as true. Errors:
/// kMalformed, kTooLarge, kOutOfRange (bits that are no target), with the name of the field.
Result<Notify> parse_notify(const boost::json::array& params);

/// What a pool gives every miner for itself.
struct Extranonce {
  Bytes prefix;                      ///< extranonce1
  std::size_t extranonce2_size = 0;  ///< bytes, 0 .. kMaxExtranonce2

  friend bool operator==(const Extranonce&, const Extranonce&) = default;
};

/// Extranonce1 and extranonce2 size from `params[index]` and the next. Errors: kMalformed, kTooLarge, kOutOfRange.
Result<Extranonce> parse_extranonce(const boost::json::array& params, std::size_t index, std::string_view what);

}  // namespace lode::stratum::v1
