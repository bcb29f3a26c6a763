// Looks into the work that a pool gives: whom it pays, whether it moves forward, whether it is empty. A miner cannot
// change any of that, but can see it and leave.
//
// One for each pool; outlives its connections. One thread; the time is handed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"
#include "host/work/work_template.h"

namespace lode::stratum::v1 {

/// What an own node says is the tip to build on.
struct NodeTip {
  std::uint32_t height = 0;  ///< of the next block
  chain::Hash256 previous_block;
};

struct AuditOptions {
  Bytes required_script{};   ///< that a coinbase has to pay; empty: any
  unsigned min_payout = 90;  ///< percent of the whole that it has to get, 1 .. 100; the rest is the pool's fee
  std::chrono::seconds behind_node{30};  ///< so long a pool may be behind an own node before that is said
};

struct AuditFindings {
  std::vector<std::string> warnings;   ///< each one sentence without the pool's name
  std::optional<std::string> refusal;  ///< why the work must not be hashed
};

class JobAuditor {
 public:
  /// A pool may stay with an empty block for so long before that is said.
  static constexpr std::chrono::seconds kPatience{30};
  /// Times that changed payees are told: pools that pay their miners in the coinbase change them with every block.
  static constexpr int kPayeeWarnings = 3;

  explicit JobAuditor(AuditOptions options = {}) : options_(std::move(options)) {}

  AuditFindings look_at(const work::WorkTemplate& work, std::chrono::steady_clock::time_point now);

  /// The own node's tip, whenever it changes.
  void note_node(const NodeTip& tip, std::chrono::steady_clock::time_point now);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void look_at_tip(const work::WorkTemplate& work, AuditFindings& findings);
  void compare_with_node(const work::WorkTemplate& work, TimePoint now, AuditFindings& findings);
  void look_at_size(const work::WorkTemplate& work, TimePoint now, AuditFindings& findings);
  void look_at_coinbase(const work::WorkTemplate& work, AuditFindings& findings);

  AuditOptions options_;
  std::map<chain::Hash256, std::uint32_t> seen_;  ///< previous blocks of the last jobs, with their heights
  std::uint32_t highest_ = 0;
  std::optional<chain::Hash256> current_;  ///< previous block of the last job
  std::optional<NodeTip> node_;
  TimePoint node_since_{};
  bool told_behind_ = false;              ///< on the node's current tip
  std::optional<TimePoint> empty_since_;  ///< jobs on the current previous block have been empty
  bool told_empty_ = false;               ///< on the current previous block
  bool told_undecodable_ = false;
  std::optional<std::vector<std::string>> payees_;  ///< of the last job, sorted
  int payee_changes_told_ = 0;
};

}  // namespace lode::stratum::v1
