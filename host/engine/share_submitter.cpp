#include "host/engine/share_submitter.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "host/work/block_assembly.h"
#include "host/work/header_builder.h"

namespace lode::engine {

namespace asio = boost::asio;

namespace {

/// Files on their way to the disk at a time.
constexpr int kMostSyncs = 8;

double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

ShareSubmitter::ShareSubmitter(const asio::any_io_executor& executor, asio::any_io_executor background, Parts parts,
                               Log log)
    : background_(std::move(background)), parts_(std::move(parts)), log_(std::move(log)), settled_(executor) {}

void ShareSubmitter::submit(const work::Share& share, bool is_current, const std::string& device) {
  const std::string& pool = share.job->work->source;
  const bool is_share = share.job->work->share_target.is_met_by(share.hash);
  if (share.is_block) {
    note_block(share, device);
    if (!is_share) only_blocks_.insert(share.hash);
  } else if (!is_current) {
    ++parts_.totals->shares_stale;
    parts_.tally->share_too_late(share.job->source);
    parts_.listener->on_event(ShareStale{.source = pool, .reason = "not sent: its job was replaced"});
    return;
  }
  ++open_;
  if (is_share) {
    ++parts_.totals->shares_submitted;
    parts_.tally->share_sent(share);
    const double difficulty = chain::Target::from_le_bytes(share.hash.bytes).difficulty();
    parts_.listener->on_event(ShareSubmitted{.source = pool, .device = device, .difficulty = difficulty});
  }
  parts_.sources[share.job->source]->submit_share(share);
}

void ShareSubmitter::note_block(const work::Share& share, const std::string& device) {
  const work::WorkTemplate& work = *share.job->work;
  ++parts_.totals->blocks_found;
  parts_.tally->block_found(share.job->source);
  blocks_.add({.hash = share.hash, .height = work.height, .found = share.found});
  record(share);
  parts_.listener->on_event(
      BlockFound{.hash = share.hash, .height = work.height, .device = device, .pool = work.source});
}

void ShareSubmitter::record(const work::Share& share) {
  if (parts_.blocks == nullptr) return;
  const work::WorkTemplate& work = *share.job->work;
  const auto recorded =
      parts_.blocks->record({.hash = share.hash,
                             .height = work.height,
                             .pool = work.source,
                             .job_id = work.job_id,
                             .session_id = work.session_id,
                             .found = std::chrono::system_clock::now(),
                             .header = work::build_header(work, share.roll),
                             .job_version = work.version,
                             .version_mask = work.version_mask,
                             .extranonce1 = work.extranonce1,
                             .extranonce2 = work::encode_extranonce2(share.roll.extranonce2, work.extranonce2_size),
                             .coinbase = work::coinbase_without_witness(work, share.roll.extranonce2),
                             .merkle_branch = work.merkle_branch});
  if (!recorded) return log_.error("a block for {} is not kept: {}", work.source, recorded.error().message());
  sync(share.hash, work.height);
}

void ShareSubmitter::sync(const chain::Hash256& hash, std::uint32_t height) {
  // Where blocks are so easy that the disk cannot keep up, they are not worth that the end waits for all of them.
  if (*syncs_ == kMostSyncs) return;
  ++*syncs_;
  asio::post(background_, [log = parts_.blocks, hash, height, syncs = syncs_] {
    static_cast<void>(log->sync(hash, height));  // the end of the machine in this second, and a pool that loses it
    --*syncs;
  });
}

void ShareSubmitter::close(const chain::Hash256& hash, std::uint32_t height, std::string_view why) {
  unanswered_.erase(hash);
  settle();
  if (parts_.blocks == nullptr) return;
  if (const auto closed = parts_.blocks->close(hash, height, why); !closed) {
    log_.warn("block {} will be sent once more at the next start: {}", hash.to_display(), closed.error().message());
  }
}

void ShareSubmitter::settle() {
  if (open_ == 0 && unanswered_.empty()) settled_.cancel();
}

void ShareSubmitter::on_answer(const work::WorkSource& source, const work::ShareOutcome& outcome) {
  if (outcome.was_block) on_block_answer(source, outcome);
  if (outcome.again) return;
  if (open_ > 0) --open_;
  settle();
  if (only_blocks_.erase(outcome.hash) > 0) return;
  parts_.tally->share_answered(source, outcome);
  Totals& totals = *parts_.totals;
  using Kind = work::ShareOutcome::Kind;
  switch (outcome.kind) {
    case Kind::kAccepted:
      ++totals.shares_accepted;
      parts_.listener->on_event(ShareAccepted{.source = source.name(), .milliseconds = milliseconds(outcome.took)});
      return;
    case Kind::kStale:
    case Kind::kUnanswered:
      ++totals.shares_stale;
      parts_.listener->on_event(ShareStale{.source = source.name(), .reason = outcome.reason});
      return;
    case Kind::kDuplicate:
    case Kind::kLowDifficulty:
    case Kind::kRejected:
      ++totals.shares_rejected;
      parts_.listener->on_event(ShareRejected{.source = source.name(), .reason = outcome.reason, .code = outcome.code});
      return;
  }
}

void ShareSubmitter::on_block_answer(const work::WorkSource& source, const work::ShareOutcome& outcome) {
  using Kind = work::ShareOutcome::Kind;
  const std::string block =
      fmt::format("{}: block {} at height {}", source.name(), outcome.hash.to_display(), outcome.height);
  if (outcome.settled) {
    const std::string why = outcome.reason.empty() ? "the pool has it" : outcome.reason;
    if (outcome.again) log_.info("{}: {}", block, why);
    return close(outcome.hash, outcome.height, why);
  }
  if (outcome.kind == Kind::kDuplicate) return;  // found twice and sent once: an answer is on its way
  if (outcome.kind == Kind::kUnanswered) {
    if (blocks_.is_open(outcome.hash)) unanswered_.insert(outcome.hash);
    log_.warn("{} has no answer ({}); it will be sent again", block, outcome.reason);
    return;
  }
  unanswered_.erase(outcome.hash);
  settle();
  if (outcome.kind == Kind::kAccepted) {  // of another header than the block's
    log_.warn("{}: the pool takes the share, but under another extranonce1 it cannot make the block of it", block);
  } else if (outcome.again || outcome.kind == Kind::kStale || outcome.kind == Kind::kLowDifficulty) {
    // Where blocks are easy, many come too late. Where they are easier than shares, the pool may send the block and
    // refuse the share. A new session may not know the job. Any other reason costs a block.
    log_.warn("{}: the pool does not count its share: {}", block, outcome.reason);
  } else {
    log_.error("{}: the pool does not count its share: {}", block, outcome.reason);
  }
}

void ShareSubmitter::look_for_blocks(const work::WorkTemplate& work) {
  const PoolBlocks::Fates fates = blocks_.look_at(work.previous_block, work.height);
  if (fates.in_chain) {
    close(fates.in_chain->hash, fates.in_chain->height, "it is in the chain");
    ++parts_.totals->blocks_accepted;
    const auto took = std::chrono::steady_clock::now() - fates.in_chain->found;
    parts_.listener->on_event(BlockAccepted{.hash = fates.in_chain->hash,
                                            .height = fates.in_chain->height,
                                            .sink = work.source,
                                            .milliseconds = milliseconds(took)});
  }
  for (const PoolBlocks::Block& block : fates.passed_over) {
    // Its file stays open, since the chain may yet come back to it, but nobody waits for its answer.
    unanswered_.erase(block.hash);
    settle();
    ++parts_.totals->blocks_stale;
    parts_.listener->on_event(BlockRejected{.hash = block.hash,
                                            .height = block.height,
                                            .sink = work.source,
                                            .reason = "stale",
                                            .detail = "another block is in its place",
                                            .stale = true});
  }
}

asio::awaitable<void> ShareSubmitter::finish(std::chrono::steady_clock::time_point deadline) {
  settled_.expires_at(deadline);
  while (open_ > 0 || !unanswered_.empty()) {
    const auto [error] = co_await settled_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!error) break;
  }
}

}  // namespace lode::engine
