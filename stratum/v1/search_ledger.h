// Remembers what of a pool's work was put into search and which results were sent, so that nothing is searched or sent
// twice: when a pool repeats a job, when difficulty or version mask change amid one, and when a connection is resumed.
//
// Belongs to one pool and outlives its connections; one thread. Memory is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "host/chain/hash256.h"
#include "stratum/v1/notify.h"

namespace lode::stratum::v1 {

/// Where the next search of some content begins.
struct SearchStart {
  std::uint64_t extranonce2 = 0;
  std::uint32_t time = 0;
};

class SearchLedger {
 public:
  /// How many different contents are remembered, and how many results of one previous block.
  static constexpr std::size_t kContents = 128;
  static constexpr std::size_t kResults = std::size_t{1} << 16;

  /// Hash of all that decides headers but what is rolled: not the job id, the time, nor the clean flag.
  static chain::Hash256 content_of(const Notify& notify, const Extranonce& extranonce);

  /// A start for a search of times `from` to `to` that meets no earlier one of this content. From 3 bytes of
  /// extranonce2 on, each search gets a stretch of its own: a 256th of the space, a 4096th for 4 bytes, a 65536th
  /// above. With fewer bytes it begins behind the times already searched, and where `to` leaves none, anew at `from`:
  /// then only note_result() keeps repetitions from being sent.
  SearchStart begin(const chain::Hash256& content, std::size_t extranonce2_size, std::uint32_t from, std::uint32_t to);

  /// The first time, up to `to`, that no search of this content has had; nothing if there is none.
  [[nodiscard]] std::optional<std::uint32_t> next_time(const chain::Hash256& content, std::uint32_t to) const;

  /// Whether the header of this hash is new. Results of another previous block are forgotten.
  bool note_result(const chain::Hash256& previous_block, const chain::Hash256& hash);

 private:
  struct Searched {
    std::uint64_t begun = 0;  ///< how many searches
    std::uint32_t last_time = 0;
  };
  std::unordered_map<chain::Hash256, Searched> contents_;
  std::deque<chain::Hash256> contents_by_age_;
  chain::Hash256 results_of_;
  std::unordered_set<chain::Hash256> results_;
  std::deque<chain::Hash256> results_by_age_;
};

}  // namespace lode::stratum::v1
