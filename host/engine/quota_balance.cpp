#include "host/engine/quota_balance.h"

#include <utility>

namespace lode::engine {

QuotaBalance::QuotaBalance(std::vector<double> quotas)
    : quotas_(std::move(quotas)), owed_(quotas_.size(), 0), done_(quotas_.size(), 0) {}

void QuotaBalance::account(std::span<const std::uint64_t> done, const std::vector<bool>& has_work) {
  double quotas = 0;
  for (std::size_t i = 0; i < quotas_.size(); ++i) {
    if (has_work[i]) quotas += quotas_[i];
  }
  double all = 0;
  for (std::size_t i = 0; i < quotas_.size(); ++i) {
    const auto hashes = static_cast<double>(done[i] - done_[i]);
    done_[i] = done[i];
    // Nobody else could have had these: the rest of a batch of a source that was just lost.
    if (quotas == 0) continue;
    owed_[i] -= hashes;
    all += hashes;
  }
  for (std::size_t i = 0; i < quotas_.size(); ++i) {
    if (has_work[i]) owed_[i] += all * quotas_[i] / quotas;
  }
}

std::optional<std::size_t> QuotaBalance::next(const std::vector<bool>& has_work) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < quotas_.size(); ++i) {
    if (has_work[i] && (!best || owed_[i] > owed_[*best])) best = i;
  }
  return best;
}

}  // namespace lode::engine
