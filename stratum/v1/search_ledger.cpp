#include "stratum/v1/search_ledger.h"

#include <algorithm>

#include "host/base/endian.h"

namespace lode::stratum::v1 {
namespace {

/// With fewer bytes of extranonce2 there is nothing to share out.
constexpr std::size_t kSmallestSize = 3;

void write_sized(chain::Sha256d& hash, ByteView bytes) {
  hash.write(le_bytes<std::uint64_t>(bytes.size()));
  hash.write(bytes);
}

/// Where the `nth` search begins.
std::uint64_t stretch_begin(std::uint64_t nth, std::size_t size) {
  if (size < kSmallestSize) return 0;
  const std::size_t bits = 8 * std::min<std::size_t>(size, 8);
  const std::size_t stretch_bits = bits - (size == 3 ? 8 : size == 4 ? 12 : 16);
  const std::uint64_t count = std::uint64_t{1} << (bits - stretch_bits);
  return (nth % count) << stretch_bits;
}

}  // namespace

chain::Hash256 SearchLedger::content_of(const Notify& notify, const Extranonce& extranonce) {
  chain::Sha256d hash;
  hash.write(notify.previous_block.bytes);
  write_sized(hash, notify.coinbase_prefix);
  write_sized(hash, extranonce.prefix);
  hash.write(le_bytes<std::uint64_t>(extranonce.extranonce2_size));
  write_sized(hash, notify.coinbase_suffix);
  hash.write(le_bytes<std::uint64_t>(notify.merkle_branch.size()));
  for (const chain::Hash256& sibling : notify.merkle_branch)
    hash.write(sibling.bytes);
  hash.write(le_bytes(notify.bits));
  return hash.finish();
}

SearchStart SearchLedger::begin(const chain::Hash256& content, std::size_t extranonce2_size, std::uint32_t from,
                                std::uint32_t to) {
  const auto [it, is_new] = contents_.try_emplace(content);
  if (is_new) {
    contents_by_age_.push_back(content);
    if (contents_by_age_.size() > kContents) {
      contents_.erase(contents_by_age_.front());
      contents_by_age_.pop_front();
    }
  }
  Searched& searched = it->second;
  SearchStart start{.extranonce2 = stretch_begin(searched.begun, extranonce2_size), .time = from};
  const bool behind_others = !is_new && extranonce2_size < kSmallestSize && searched.last_time >= from;
  if (behind_others && searched.last_time < to) start.time = searched.last_time + 1;
  ++searched.begun;
  searched.last_time = std::max({searched.last_time, start.time, to});
  return start;
}

std::optional<std::uint32_t> SearchLedger::next_time(const chain::Hash256& content, std::uint32_t to) const {
  const auto it = contents_.find(content);
  if (it == contents_.end() || it->second.last_time >= to) return std::nullopt;
  return it->second.last_time + 1;
}

bool SearchLedger::note_result(const chain::Hash256& previous_block, const chain::Hash256& hash) {
  if (previous_block != results_of_) {
    results_.clear();
    results_by_age_.clear();
    results_of_ = previous_block;
  }
  if (!results_.insert(hash).second) return false;
  results_by_age_.push_back(hash);
  if (results_by_age_.size() > kResults) {
    results_.erase(results_by_age_.front());
    results_by_age_.pop_front();
  }
  return true;
}

}  // namespace lode::stratum::v1
