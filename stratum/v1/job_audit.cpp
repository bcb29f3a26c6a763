#include "stratum/v1/job_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stratum/v1/coinbase_view.h"

namespace lode::stratum::v1 {
namespace {

/// Previous blocks that are remembered; a pool that goes further back than this is lost anyway.
constexpr std::size_t kRemembered = 64;

/// On chains easier than this, blocks without transactions are nothing special.
constexpr double kRealDifficulty = 1000;

constexpr std::uint8_t kOpReturn = 0x6a;

/// Scripts that money goes to, sorted.
std::vector<std::string> payees_of(const CoinbaseView& coinbase) {
  std::vector<std::string> payees;
  for (const CoinbaseOutput& output : coinbase.outputs) {
    const bool is_data = !output.script.empty() && output.script.front() == kOpReturn;
    if (output.value > 0 && !is_data) payees.emplace_back(output.script.begin(), output.script.end());
  }
  std::ranges::sort(payees);
  return payees;
}

/// Rounded up; for any total.
std::uint64_t percent_of(std::uint64_t total, unsigned percent) {
  return total / 100 * percent + (total % 100 * percent + 99) / 100;
}

}  // namespace

void JobAuditor::note_node(const NodeTip& tip, TimePoint now) {
  if (node_ && node_->previous_block == tip.previous_block) return;
  node_ = tip;
  node_since_ = now;
  told_behind_ = false;
}

AuditFindings JobAuditor::look_at(const work::WorkTemplate& work, TimePoint now) {
  AuditFindings findings;
  look_at_tip(work, findings);
  compare_with_node(work, now, findings);
  look_at_size(work, now, findings);
  look_at_coinbase(work, findings);
  return findings;
}

void JobAuditor::look_at_tip(const work::WorkTemplate& work, AuditFindings& findings) {
  if (current_ == work.previous_block) return;
  const bool went_back = current_ && seen_.contains(work.previous_block);
  if (went_back) {
    findings.warnings.push_back(
        fmt::format("its work goes back to block {} after it was on another", work.previous_block.to_display()));
  } else if (current_ && work.height != 0 && work.height < highest_) {
    findings.warnings.push_back(fmt::format("its work goes back from height {} to height {}", highest_, work.height));
  }
  current_ = work.previous_block;
  highest_ = work.height;
  empty_since_.reset();
  told_empty_ = false;
  if (seen_.size() >= kRemembered) {
    seen_.erase(std::ranges::min_element(seen_, {}, [](const auto& entry) { return entry.second; }));
  }
  seen_[work.previous_block] = work.height;
}

void JobAuditor::compare_with_node(const work::WorkTemplate& work, TimePoint now, AuditFindings& findings) {
  if (!node_ || told_behind_ || now - node_since_ < options_.behind_node) return;
  if (work.previous_block == node_->previous_block || work.height > node_->height) return;
  if (work.height == 0) return;  // it cannot be told: the pool may be ahead
  told_behind_ = true;
  findings.warnings.push_back(
      fmt::format("its work is for height {} on {}, the own node has been at height {} on {} for {} s", work.height,
                  work.previous_block.to_display(), node_->height, node_->previous_block.to_display(),
                  std::chrono::duration_cast<std::chrono::seconds>(now - node_since_).count()));
}

void JobAuditor::look_at_size(const work::WorkTemplate& work, TimePoint now, AuditFindings& findings) {
  if (!work.merkle_branch.empty() || work.network_target.difficulty() < kRealDifficulty) {
    empty_since_.reset();
    return;
  }
  // The first work on a new tip is often empty, for the moment that the pool needs to make a full one.
  if (!empty_since_) empty_since_ = now;
  if (told_empty_ || now - *empty_since_ < kPatience) return;
  told_empty_ = true;
  findings.warnings.emplace_back("its work has been an empty block, without fees, since the last tip");
}

void JobAuditor::look_at_coinbase(const work::WorkTemplate& work, AuditFindings& findings) {
  const auto coinbase = view_coinbase(work);
  if (!coinbase) {
    if (!options_.required_script.empty()) {
      findings.refusal = "whom its coinbase pays cannot be told: " + coinbase.error().message();
    } else if (!std::exchange(told_undecodable_, true)) {
      findings.warnings.push_back("its coinbase cannot be read: " + coinbase.error().message());
    }
    return;
  }
  if (!options_.required_script.empty()) {
    const std::uint64_t paid = coinbase->paid_to(options_.required_script);
    if (paid == 0) {
      findings.refusal = "its coinbase pays nothing to the address of --require-payout";
    } else if (paid < percent_of(coinbase->total, options_.min_payout)) {
      findings.refusal = fmt::format(
          "its coinbase pays {} of {} satoshi to the address of --require-payout: less than the {} % of "
          "--min-payout",
          paid, coinbase->total, options_.min_payout);
    }
  }
  std::vector<std::string> payees = payees_of(*coinbase);
  if (payees_ && *payees_ != payees && payee_changes_told_ < kPayeeWarnings) {
    ++payee_changes_told_;
    findings.warnings.push_back(fmt::format("its coinbase pays others than before ({} outputs, before {}){}",
                                            payees.size(), payees_->size(),
                                            payee_changes_told_ == kPayeeWarnings ? "; this is not told again" : ""));
  }
  payees_ = std::move(payees);
}

}  // namespace lode::stratum::v1
