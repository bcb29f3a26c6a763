#include "host/node/node_notes.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

namespace lode::node {
namespace {

using Notes = std::vector<std::string>;

/// A block in between is on its way.
constexpr std::int64_t kFewBlocks = 1;
/// Of the clocks. A header may be two hours ahead (consensus), but a wrong clock at one end is wrong at the other, too.
constexpr std::chrono::seconds kCloseClocks{10};
/// A new tip reaches the devices that much later.
constexpr std::chrono::milliseconds kSlowTemplate{1'000};

void note_chain(const ChainState& chain, Notes& notes) {
  const bool behind = chain.blocks && chain.headers && *chain.headers - *chain.blocks > kFewBlocks;
  if (chain.downloading.value_or(false)) {
    notes.emplace_back("says that it is still downloading the block chain: it gives no work, or work on old blocks");
  } else if (behind) {
    notes.push_back(fmt::format("lacks {} blocks whose headers it has: its work would be on an old block",
                                *chain.headers - *chain.blocks));
  }
  if (chain.pruned.value_or(false)) notes.emplace_back("prunes old blocks, which does no harm to mining");
  if (!chain.warnings.empty()) notes.push_back("warns: " + chain.warnings);
}

void note_network(const NodeProbeReport& report, Notes& notes) {
  const NetworkState& network = *report.network;
  if (!network.active.value_or(true)) notes.emplace_back("has its network switched off (setnetworkactive)");
  // A chain of one's own needs nobody.
  const bool alone = report.chain && report.chain->chain == "regtest";
  if (network.peers == 0 && !alone) notes.emplace_back("has no peers: its blocks would reach nobody");
}

void note_calls(const NodeProbeReport& report, Notes& notes) {
  using Kind = CallPermission::Kind;
  bool forbidden = false;
  for (const CallPermission& one : report.calls) {
    if (one.kind == Kind::kForbidden) {
      notes.push_back(fmt::format("does not allow {}: {}", one.call->method, one.call->without));
      forbidden = true;
    } else if (one.kind == Kind::kUnknown) {
      notes.push_back(fmt::format("does not know {}: {}", one.call->method, one.call->without));
    }
  }
  if (forbidden) notes.push_back("needs in its bitcoin.conf, in place of the user's rpcwhitelist: " + report.whitelist);
}

void note_work(const NodeProbeReport& report, Notes& notes) {
  const TemplateSummary& work = *report.work;
  if (work.fault) notes.push_back("gives a template that cannot be used: " + *work.fault);
  if (!work.longpoll)
    notes.push_back(
        fmt::format("offers no longpoll: new blocks are noticed up to {} ms late", NodeTimes{}.poll.count()));
  if (!work.can_propose) notes.emplace_back("takes no proposals: work is not tried out before it is hashed");
  if (median(report.templates_took) > kSlowTemplate)
    notes.emplace_back("takes long for a template: work on a new block begins that much later");
}

void note_proposal(const ProposalAnswer& answer, Notes& notes) {
  using Kind = ProposalAnswer::Kind;
  switch (answer.kind) {
    case Kind::kFine:
      break;
    case Kind::kRejected:
      notes.push_back("would refuse a block made from its own template: " + answer.detail);
      break;
    case Kind::kOutdated:
      notes.push_back("had another block before it judged the proposal (probe it again): " + answer.detail);
      break;
    case Kind::kCannot:
      notes.push_back("offers proposals and does not take one: " + answer.detail);
      break;
    case Kind::kNoAnswer:
      notes.push_back("did not answer the proposal: " + answer.detail);
      break;
  }
}

void note_clock(std::chrono::seconds ahead, Notes& notes) {
  if (std::chrono::abs(ahead) <= kCloseClocks) return;
  notes.push_back(fmt::format("has a clock that is {} s {} this computer's: set both by NTP",
                              std::chrono::abs(ahead).count(), ahead.count() > 0 ? "ahead of" : "behind"));
}

}  // namespace

std::vector<std::string> worth_knowing(const NodeProbeReport& report) {
  Notes notes;
  if (report.chain) note_chain(*report.chain, notes);
  if (report.network) note_network(report, notes);
  note_calls(report, notes);
  if (report.payout_fault) notes.push_back("cannot be mined with this payout address: " + *report.payout_fault);
  if (report.work) note_work(report, notes);
  if (report.proposal) note_proposal(*report.proposal, notes);
  if (report.clock_ahead) note_clock(*report.clock_ahead, notes);
  return notes;
}

}  // namespace lode::node
