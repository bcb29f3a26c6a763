// Whose turn it is where several sources share the hashes, each by its quota.
//
// Counts for every source what it is owed: its share of all that was hashed while it had work, less what was hashed for
// it. The one that is owed most is next. No clock is asked, so that the same hashes give the same turns.
//
// Io thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lode::engine {

class QuotaBalance {
 public:
  /// One quota a source, > 0; only their proportions count.
  explicit QuotaBalance(std::vector<double> quotas);

  /// Accounts for what was hashed since the last call. `done`: hashes for each source since the start; `has_work`:
  /// which sources had work to give in that time. One that had none is owed nothing for it: what it misses goes to the
  /// others, and it is not made up for later.
  void account(std::span<const std::uint64_t> done, const std::vector<bool>& has_work);

  /// Among those that have work the one that is owed most, the first of equals; nothing where none has.
  [[nodiscard]] std::optional<std::size_t> next(const std::vector<bool>& has_work) const;

  /// Hashes that a source is owed; below 0: it had more than its share.
  [[nodiscard]] double owed(std::size_t source) const { return owed_.at(source); }

 private:
  std::vector<double> quotas_;
  std::vector<double> owed_;
  std::vector<std::uint64_t> done_;
};

}  // namespace lode::engine
