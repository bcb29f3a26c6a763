// A pool as a source of work: keeps a connection to it, feeds the protocol's state machine (session.h) and carries out
// what it says.
//
// Everything happens on the io thread. The object must outlive the coroutine that run() returned.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "host/base/log.h"
#include "host/net/backoff.h"
#include "host/work/source.h"
#include "stratum/v1/job_audit.h"
#include "stratum/v1/pool_link.h"
#include "stratum/v1/session_options.h"
#include "stratum/v1/submission.h"

namespace lode::stratum::v1 {

struct PoolOptions {
  SessionOptions session;
  AuditOptions audit;
  /// Found in an earlier run and not known to be with the pool: sent again, in the session of the last if that can be
  /// resumed.
  std::vector<Submission> open_blocks;
  net::BackoffOptions backoff{std::chrono::milliseconds{500}, std::chrono::milliseconds{30'000}};
  /// Between attempts while the pool does not accept the worker or its certificate is not accepted.
  net::BackoffOptions refused{std::chrono::milliseconds{15'000}, std::chrono::milliseconds{600'000}};
  /// Where the next connection is recorded (session_record.h). May be empty, and may give null.
  std::function<std::unique_ptr<std::ostream>()> open_recording;
};

/// Since the source was made.
struct PoolCounters {
  std::uint64_t connections = 0;  ///< that gave work
  std::uint64_t losses = 0;       ///< failed attempts and sessions
  std::uint64_t jobs = 0;         ///< put to work, those again with another difficulty included
  std::uint64_t bad_messages = 0;
  std::uint64_t refused_jobs = 0;  ///< by the audit
  std::uint64_t shares_accepted = 0;
  std::uint64_t shares_stale = 0;
  std::uint64_t shares_duplicate = 0;
  std::uint64_t shares_low_difficulty = 0;
  std::uint64_t shares_rejected = 0;    ///< for any other reason
  std::uint64_t shares_unanswered = 0;  ///< the connection ended first
  std::uint64_t shares_held_back = 0;   ///< not sent: known to be worthless
};

class PoolSource final : public work::WorkSource {
 public:
  PoolSource(boost::asio::any_io_executor executor, PoolOptions options, MakeLink make_link, Log log);
  ~PoolSource() override;
  PoolSource(const PoolSource&) = delete;
  PoolSource& operator=(const PoolSource&) = delete;

  [[nodiscard]] const std::string& name() const noexcept override;

  /// Returns on stop() only: everything is tried again, a worker name, password or certificate that the other side does
  /// not accept after longer and longer pauses.
  boost::asio::awaitable<Error> run(work::SourceListener& listener) override;
  void submit_share(const work::Share& share) override;
  void note_hash_rate(double hashes_per_second) override;
  /// The audit compares the pool's work with it.
  void note_node_tip(std::uint32_t height, const chain::Hash256& previous_block) override;
  void stop() noexcept override;

  [[nodiscard]] const PoolCounters& counters() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode::stratum::v1
