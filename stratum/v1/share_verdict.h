// What a pool's answer to mining.submit means. Codes are used as differently as words, so both are read.
//
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "host/work/share.h"
#include "stratum/v1/message.h"

namespace lode::stratum::v1 {

enum class ShareVerdict : std::uint8_t {
  kAccepted,
  kStale,
  kDuplicate,
  kLowDifficulty,
  kUnauthorized,  ///< the worker is not, or no longer, known to the pool; or not subscribed
  kRejected,      ///< any other reason
  kUnanswered,
};

/// "accepted", "stale" ...
[[nodiscard]] std::string_view verdict_name(ShareVerdict verdict) noexcept;

/// Accepted is a result of true without an error and nothing else. Then the reason's words count first, its code after:
/// DATUM says "bad-version" with the code of low difficulty.
[[nodiscard]] ShareVerdict judge_share_reply(const Reply& reply) noexcept;

[[nodiscard]] work::ShareOutcome::Kind outcome_kind(ShareVerdict verdict) noexcept;

}  // namespace lode::stratum::v1
