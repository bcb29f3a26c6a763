#include "stratum/v1/share_verdict.h"

#include <algorithm>
#include <array>

namespace lode::stratum::v1 {
namespace {

struct Word {
  std::string_view text;  ///< lower case, with spaces for "-" and "_"
  ShareVerdict verdict;
};

/// The first that occurs decides.
constexpr std::array kWords = {
    Word{"duplicate", ShareVerdict::kDuplicate},
    Word{"bad version", ShareVerdict::kRejected},
    Word{"version mask", ShareVerdict::kRejected},
    Word{"ntime", ShareVerdict::kRejected},
    Word{"low diff", ShareVerdict::kLowDifficulty},
    Word{"difficulty too low", ShareVerdict::kLowDifficulty},
    Word{"above target", ShareVerdict::kLowDifficulty},
    Word{"high hash", ShareVerdict::kLowDifficulty},
    Word{"h not zero", ShareVerdict::kLowDifficulty},
    Word{"unauthor", ShareVerdict::kUnauthorized},
    Word{"not authorized", ShareVerdict::kUnauthorized},
    Word{"not subscribed", ShareVerdict::kUnauthorized},
    Word{"worker mismatch", ShareVerdict::kUnauthorized},
    Word{"stale", ShareVerdict::kStale},
    Word{"job not found", ShareVerdict::kStale},
    Word{"unknown work", ShareVerdict::kStale},
    Word{"unknown job", ShareVerdict::kStale},
    Word{"invalid jobid", ShareVerdict::kStale},
    Word{"invalid job", ShareVerdict::kStale},
    Word{"expired", ShareVerdict::kStale},
};

/// `character` as it is compared with kWords.
char folded(char character) noexcept {
  if (character == '-' || character == '_') return ' ';
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

bool contains(std::string_view text, std::string_view word) noexcept {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char left, char right) { return folded(left) == right; }) != text.end();
}

ShareVerdict by_code(std::int64_t code) noexcept {
  switch (code) {
    case 21:
      return ShareVerdict::kStale;
    case 22:
      return ShareVerdict::kDuplicate;
    case 23:
      return ShareVerdict::kLowDifficulty;
    case 24:
    case 25:
      return ShareVerdict::kUnauthorized;
    default:
      return ShareVerdict::kRejected;
  }
}

}  // namespace

std::string_view verdict_name(ShareVerdict verdict) noexcept {
  switch (verdict) {
    case ShareVerdict::kAccepted:
      return "accepted";
    case ShareVerdict::kStale:
      return "stale";
    case ShareVerdict::kDuplicate:
      return "duplicate";
    case ShareVerdict::kLowDifficulty:
      return "low difficulty";
    case ShareVerdict::kUnauthorized:
      return "unauthorized";
    case ShareVerdict::kRejected:
      return "rejected";
    case ShareVerdict::kUnanswered:
      break;
  }
  return "unanswered";
}

ShareVerdict judge_share_reply(const Reply& reply) noexcept {
  if (reply.is_true()) return ShareVerdict::kAccepted;
  if (!reply.error) return ShareVerdict::kRejected;
  for (const Word& word : kWords) {
    if (contains(reply.error->text, word.text)) return word.verdict;
  }
  return by_code(reply.error->code);
}

work::ShareOutcome::Kind outcome_kind(ShareVerdict verdict) noexcept {
  using Kind = work::ShareOutcome::Kind;
  switch (verdict) {
    case ShareVerdict::kAccepted:
      return Kind::kAccepted;
    case ShareVerdict::kStale:
      return Kind::kStale;
    case ShareVerdict::kDuplicate:
      return Kind::kDuplicate;
    case ShareVerdict::kLowDifficulty:
      return Kind::kLowDifficulty;
    case ShareVerdict::kUnauthorized:
    case ShareVerdict::kRejected:
      return Kind::kRejected;
    case ShareVerdict::kUnanswered:
      break;
  }
  return Kind::kUnanswered;
}

}  // namespace lode::stratum::v1
