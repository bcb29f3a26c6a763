// Joins work sources with devices and found blocks with the nodes: the program's main loop.
//
// One io thread runs everything here, the sources and the sinks included, so there are no locks; each device has a
// worker thread of its own. Construct, co_await run(), destroy.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/log.h"
#include "host/device/worker.h"
#include "host/engine/events.h"
#include "host/store/block_journal.h"
#include "host/store/pool_block_log.h"
#include "host/work/sink.h"
#include "host/work/source.h"

namespace lode::engine {

struct EngineOptions {
  std::optional<std::uint64_t> stop_after_blocks{};           ///< accepted blocks; no more than these are mined
  std::optional<std::uint64_t> stop_after_shares{};           ///< accepted shares
  std::optional<std::chrono::duration<double>> stop_after{};  ///< time
  /// How long no source may have worked at all before run() gives up; once one has worked it is retried for ever.
  std::chrono::seconds connect_timeout{30};
  /// How long a better source than the one in use must have been well before it is returned to.
  std::chrono::seconds return_after{0};
  /// How long, at the start, a source is waited for while one named behind it has work already; a failed attempt ends
  /// that.
  std::chrono::milliseconds first_work{5'000};
  /// What part of the hashes each source gets, in their order; only the proportions count. Empty: the first source that
  /// has work gets all.
  std::vector<double> quotas{};
  /// How long a clean stop waits for blocks and shares that are on their way, for nodes and pools together. What is not
  /// answered by then stays in the journal. Containers are killed after 10 s, and the rest of a stop needs time too.
  std::chrono::milliseconds submit_grace{6'000};
};

enum class StopReason {
  kAsked,     ///< stop(), or a count or time was reached
  kNoSource,  ///< no source could be used
  kNoDevice,  ///< no device passed its self-test, or all have failed
};

/// What a person wants to see at a glance.
struct Snapshot {
  double rate_10s = 0;  ///< hashes per second
  double rate_60s = 0;
  double rate_15min = 0;
  double seconds = 0;  ///< since the start
  Totals totals;
  std::vector<SourceCounters> sources{};
  std::string source;        ///< of the running job; empty when idle
  std::uint32_t height = 0;  ///< of the running job
  double network_difficulty = 0;
  bool is_for_shares = false;            ///< whether the running job is a pool's
  double expected_seconds_to_block = 0;  ///< at rate_60s; 0 when unknown
  double expected_seconds_to_share = 0;  ///< the same
  double best_difficulty = 0;            ///< of the best hash seen
  std::size_t blocks_pending = 0;
};

/// What the engine works with. Everything outlives it.
struct EngineParts {
  std::vector<work::WorkSource*> sources;  ///< in order of preference
  std::vector<work::BlockSink*> sinks;     ///< every one receives every block
  std::vector<std::unique_ptr<device::Device>> devices;
  store::BlockJournal* journal = nullptr;      ///< null: none is kept
  store::PoolBlockLog* pool_blocks = nullptr;  ///< null: none is kept
  EventListener* listener = nullptr;
  /// For measurements: called on the worker thread before the first hash of every job.
  std::function<void(work::Generation, std::chrono::steady_clock::time_point)> first_scan = {};
};

class Engine {
 public:
  Engine(boost::asio::any_io_executor executor, EngineOptions options, EngineParts parts, Log log);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Mines until there is a reason to stop; then everything is stopped and answered for.
  boost::asio::awaitable<StopReason> run();

  /// Clean stop: no new work, pending blocks are sent, run() returns. Io thread; a signal handler posts it.
  void stop();

  [[nodiscard]] Snapshot snapshot() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode::engine
