// What a pool's coinbase says: height, who is paid, commitment, tag. For the auditor of jobs and for people.
//
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/chain/network.h"
#include "host/work/work_template.h"

namespace lode::stratum::v1 {

struct CoinbaseOutput {
  std::uint64_t value = 0;  ///< satoshi
  Bytes script;

  friend bool operator==(const CoinbaseOutput&, const CoinbaseOutput&) = default;
};

struct CoinbaseView {
  std::optional<std::uint32_t> height;  ///< as the script begins (BIP34); nothing where it is no number
  std::vector<CoinbaseOutput> outputs;
  std::uint64_t total = 0;  ///< satoshi of all outputs; at most 2^64-1
  std::optional<chain::Hash256> witness_commitment;
  std::string tag;  ///< readable runs of the script, such as "/ckpool/"; printable ASCII
  std::uint32_t lock_time = 0;

  /// What `script` is paid, in satoshi.
  [[nodiscard]] std::uint64_t paid_to(ByteView script) const noexcept;
};

/// Of the template's coinbase with an extranonce2 of zeros. Errors: kMalformed: no transaction, or not one input that
/// spends nothing.
Result<CoinbaseView> view_coinbase(const work::WorkTemplate& work);
/// Of a whole transaction.
Result<CoinbaseView> view_coinbase(ByteView transaction);

/// The height at the beginning of a coinbase script, in the shortest form or, as some pools write it, a longer one.
std::optional<std::uint32_t> read_height(ByteView script) noexcept;

/// The address that an output pays to on `network`, or its script in hexadecimal.
std::string payee_name(const CoinbaseOutput& output, chain::Network network);

}  // namespace lode::stratum::v1
