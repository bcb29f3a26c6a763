// Tells people that a node is still downloading the block chain: once, then how far it is every now and then, and when
// it has ended. However often the node is asked.
//
// One for each node, as long as the source; io thread.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "host/base/error.h"
#include "host/base/log.h"

namespace lode::node {

/// Of an answer to getblockchaininfo.
struct ChainProgress {
  std::int64_t blocks = 0;
  std::int64_t headers = 0;
  std::optional<double> verified;  ///< share of all work that has been verified, 0 to 1
};

/// Reads what is there and sound; nothing where blocks or headers are missing.
std::optional<ChainProgress> chain_progress(const boost::json::object& chain_info);

/// "block 450000 of 900000 headers (18 %)"
std::string to_text(const ChainProgress& progress);

class SyncWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kInterval{10};

  /// `name` is the node's.
  SyncWatch(std::string name, Log log);

  /// How far it is, for what is said next.
  void note(std::optional<ChainProgress> progress) { progress_ = progress; }

  /// It gives no work for this reason, again. Returns what to give as the reason: the same text as long as it lasts, so
  /// that it is told once, though with the numbers of its first time.
  Error refused(const Error& reason, Clock::time_point now);

  /// It gives work.
  void gave_work();

 private:
  std::string name_;
  Log log_;
  std::optional<ChainProgress> progress_;
  std::optional<std::string> reason_;  ///< as long as it lasts
  Clock::time_point told_{};
};

}  // namespace lode::node
