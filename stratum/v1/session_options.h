// What the user decides about a connection to a pool. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "host/chain/target.h"
#include "stratum/v1/reconnect_policy.h"
#include "stratum/v1/version_mask.h"

namespace lode::stratum::v1 {

/// When a new difficulty counts. ckpool, DATUM and node-stratum-pool keep that of a job; public-pool does not.
enum class DifficultyTiming : std::uint8_t {
  kNextJob,  ///< from the next job on
  kAtOnce,   ///< for the current job too
  kLearn,    ///< as kNextJob, until the pool turns down a share that only the later, higher difficulty forbids
};

enum class ConfigureOrder : std::uint8_t {
  kFirst,           ///< before mining.subscribe, as BIP310 has it
  kAfterSubscribe,  ///< for pools that want mining.subscribe first
  kNever,           ///< no extensions: no version rolling
};

struct SessionLimits {
  std::chrono::milliseconds subscribe{15'000};          ///< for the answer, without which nothing goes on
  std::chrono::milliseconds authorize{15'000};          ///< then the worker is taken as authorized if there is work
  std::chrono::milliseconds first_job{60'000};          ///< from the subscription to the first work
  std::chrono::milliseconds silence{150'000};           ///< without work; asked for a sign of life at half of it
  std::chrono::milliseconds answered_silence{450'000};  ///< without work from a pool that gives signs of life
  std::chrono::milliseconds share{30'000};              ///< for the answer to a share
  std::chrono::milliseconds first_share{600'000};       ///< warn when the first share is expected later than this
  std::size_t bad_messages = 16;                        ///< that many in a row end the session
  std::size_t jobs = 64;                                ///< that come at once are taken; further ones ...
  std::chrono::milliseconds job_pause{20};              ///< ... one in so long, the newest
  std::size_t changes = 64;  ///< of the running job's difficulty or version bits in 10 s; more end the session
};

struct SessionOptions {
  std::string name;  ///< for people and events: "pool.example.com:3333"
  Endpoint endpoint;
  std::string user;
  std::string password = "x";
  std::string user_agent = "lode";

  ConfigureOrder configure = ConfigureOrder::kFirst;
  std::uint32_t version_mask = kBip320Mask;  ///< asked for; 0: no version rolling
  std::uint32_t min_version_bits = 2;
  std::optional<double> minimum_difficulty = {};
  bool subscribe_extranonce = true;
  bool send_info = false;  ///< tell the pool the program's name and version
  std::optional<double> suggest_difficulty = {};
  std::optional<chain::Target> suggest_target = {};

  DifficultyTiming difficulty_timing = DifficultyTiming::kLearn;
  /// Seconds that a header's time may be ahead of the job's time and the time since its arrival. The largest offset
  /// that common pools take is 7000.
  std::uint32_t time_ahead = 0;
  ReconnectPolicy reconnect = {};
  SessionLimits limits = {};
};

}  // namespace lode::stratum::v1
