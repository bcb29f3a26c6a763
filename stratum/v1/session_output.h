// What a Session gives back: lines to send and what happened. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "host/base/error.h"
#include "host/chain/target.h"
#include "host/work/share.h"
#include "host/work/work_template.h"
#include "stratum/v1/handshake.h"
#include "stratum/v1/reconnect_policy.h"
#include "stratum/v1/share_verdict.h"

namespace lode::stratum::v1 {

/// To be sent, in order, each with a "\n" behind it.
struct SendLine {
  std::string line;
};

struct Configured {
  ConfigureAnswer answer;
  std::uint32_t version_mask = 0;  ///< that is used; 0: none
};

struct Subscribed {
  SubscribeAnswer answer;
};

struct Authorized {
  bool assumed = false;  ///< the pool did not answer but sends work
};

/// Work to hash, replacing what was handed over before as its `clean` says.
struct NewWork {
  enum class Cause : std::uint8_t { kJob, kDifficulty, kVersionMask, kTime };
  std::shared_ptr<const work::WorkTemplate> work;
  Cause cause = Cause::kJob;
};

struct DifficultyChanged {
  chain::Target target;
};

struct ShareResult {
  ShareVerdict verdict = ShareVerdict::kUnanswered;
  work::ShareOutcome outcome;
  bool sent = false;                              ///< false: held back, the outcome's reason says why
  std::chrono::steady_clock::duration latency{};  ///< from sending to the answer
};

/// client.show_message, or an error that belongs to no request.
struct PoolMessage {
  std::string text;
};

/// The pool asks to connect anew, and may.
struct Reconnect {
  ReconnectTarget target;
};

/// Worth telling the user; the session goes on.
struct Warning {
  std::string text;
};

/// A line that was ignored.
struct BadMessage {
  Error error;
};

/// The session is over: close the connection. Comes once; behind it come only the results of shares handed in later.
struct SessionFailed {
  Error error;
};

using Output = std::variant<SendLine, Configured, Subscribed, Authorized, NewWork, DifficultyChanged, ShareResult,
                            PoolMessage, Reconnect, Warning, BadMessage, SessionFailed>;
using Outputs = std::vector<Output>;

}  // namespace lode::stratum::v1
