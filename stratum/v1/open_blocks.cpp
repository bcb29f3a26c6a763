#include "stratum/v1/open_blocks.h"

#include <algorithm>
#include <utility>

namespace lode::stratum::v1 {
namespace {

/// Before the third time that a block is sent; twice as long before each further time.
constexpr std::chrono::seconds kFirstPause{10};
constexpr std::chrono::seconds kLongestPause{3600};

}  // namespace

OpenBlocks::Entry* OpenBlocks::find(const chain::Hash256& hash) {
  const auto it =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.block.hash == hash; });
  return it == entries_.end() ? nullptr : &*it;
}

bool OpenBlocks::knows(const chain::Hash256& hash) const {
  const bool open =
      std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.block.hash == hash; });
  return open || std::find(closed_.begin(), closed_.end(), hash) != closed_.end();
}

void OpenBlocks::add(Submission block) {
  const TimePoint found = block.found;
  insert({.block = std::move(block), .not_before = found});
}

void OpenBlocks::restore(Submission block, unsigned sends, TimePoint not_before) {
  insert({.block = std::move(block), .sends = sends, .not_before = not_before});
}

void OpenBlocks::insert(Entry entry) {
  if (knows(entry.block.hash)) return;
  const auto of_height = std::count_if(entries_.begin(), entries_.end(),
                                       [&](const Entry& other) { return other.block.height == entry.block.height; });
  if (static_cast<std::size_t>(of_height) >= kMostOfAHeight) return;
  if (entries_.size() == kMost) entries_.pop_front();
  entries_.push_back(std::move(entry));
}

void OpenBlocks::begin_connection() {
  for (Entry& entry : entries_) {
    entry.id.reset();
    entry.refused = false;
  }
}

const Submission* OpenBlocks::next_to_send(TimePoint now) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return !entry.id && !entry.refused && now >= entry.not_before;
  });
  return it == entries_.end() ? nullptr : &it->block;
}

void OpenBlocks::note_sent(const chain::Hash256& hash, std::int64_t id, TimePoint now) {
  Entry* entry = find(hash);
  if (entry == nullptr) return;
  ++entry->sends;
  entry->id = id;
  entry->sent = now;
}

const OpenBlocks::Entry* OpenBlocks::sent_as(std::int64_t id) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.id == id; });
  return it == entries_.end() ? nullptr : &*it;
}

void OpenBlocks::close(const chain::Hash256& hash) {
  closed_.push_back(hash);
  if (closed_.size() > kMost) closed_.pop_front();
  std::erase_if(entries_, [&](const Entry& entry) { return entry.block.hash == hash; });
}

void OpenBlocks::pause(Entry& entry, TimePoint now) {
  entry.id.reset();
  std::chrono::seconds wait{0};
  for (unsigned sends = 2; sends <= entry.sends && wait < kLongestPause; ++sends)
    wait = sends == 2 ? kFirstPause : std::min(2 * wait, kLongestPause);
  entry.not_before = now + wait;
}

void OpenBlocks::note_refusal(const chain::Hash256& hash, TimePoint now) {
  if (Entry* entry = find(hash)) {
    pause(*entry, now);
    entry->refused = true;
  }
}

void OpenBlocks::note_silence(const chain::Hash256& hash, TimePoint now) {
  if (Entry* entry = find(hash)) pause(*entry, now);
}

std::optional<OpenBlocks::Overdue> OpenBlocks::overdue(TimePoint before) const {
  for (const Entry& entry : entries_) {
    if (entry.id && entry.sent <= before) return Overdue{entry.block.hash, entry.sent};
  }
  return std::nullopt;
}

std::vector<OpenBlocks::Decided> OpenBlocks::look_at(const chain::Hash256& previous_block, std::uint32_t height,
                                                     TimePoint now) {
  std::vector<Decided> decided;
  for (const Entry& entry : entries_) {
    const Submission& block = entry.block;
    const bool in_chain = block.hash == previous_block;
    const bool buried = block.height != 0 && std::uint64_t{height} > std::uint64_t{block.height} + kBuried;
    if (in_chain || buried) decided.push_back({block, in_chain});
  }
  for (const Decided& one : decided)
    close(one.block.hash);
  std::erase_if(entries_, [&](const Entry& entry) { return now - entry.block.found > kForgottenAfter; });
  return decided;
}

std::optional<OpenBlocks::TimePoint> OpenBlocks::next_deadline(std::chrono::milliseconds answer) const {
  std::optional<TimePoint> earliest;
  for (const Entry& entry : entries_) {
    if (!entry.id && entry.refused) continue;
    const TimePoint at = entry.id ? entry.sent + answer : entry.not_before;
    if (!earliest || at < *earliest) earliest = at;
  }
  return earliest;
}

}  // namespace lode::stratum::v1
