// Blocks that were found for a pool and are not known to be in its hands or in the chain. One that has no answer is
// sent again: at once over the next connection, and then with growing pauses, since a pool that closes the connection
// at it must not be kept from giving work.
//
// Belongs to one pool and outlives its connections; one thread. Memory is bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "host/chain/hash256.h"
#include "stratum/v1/submission.h"

namespace lode::stratum::v1 {

class OpenBlocks {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Only one block of a height can be in the chain. On an easy target many are found: the first ones are kept.
  static constexpr std::size_t kMostOfAHeight = 8;
  /// Of all heights; the oldest give way.
  static constexpr std::size_t kMost = 256;
  /// Blocks below the tip by more than this are decided. One whose height is not known is forgotten by its age.
  static constexpr std::uint32_t kBuried = 6;
  static constexpr std::chrono::hours kForgottenAfter{7 * 24};

  struct Entry {
    Submission block;
    unsigned sends = 0;
    TimePoint not_before;              ///< it is sent again
    std::optional<std::int64_t> id{};  ///< on its way as this request
    TimePoint sent{};
    bool refused = false;  ///< over this connection
  };

  /// One that is there already stays as it is.
  void add(Submission block);
  /// The same for one that was sent `sends` times in an earlier run or session, as all() gave it.
  void restore(Submission block, unsigned sends, TimePoint not_before);

  /// Whether it is open, or was closed lately: a search that goes on where an earlier run was finds it once more.
  [[nodiscard]] bool knows(const chain::Hash256& hash) const;

  /// A new connection: nothing is on its way, and every block may be sent again.
  void begin_connection();

  /// A block to send now, if any: it has no answer over this connection, and its pause is over.
  [[nodiscard]] const Submission* next_to_send(TimePoint now) const;
  /// It was sent as request `id`. A block that is not here is left alone.
  void note_sent(const chain::Hash256& hash, std::int64_t id, TimePoint now);

  /// The block that was sent as request `id` last.
  [[nodiscard]] const Entry* sent_as(std::int64_t id) const;
  /// The pool has it, or it is in the chain.
  void close(const chain::Hash256& hash);
  /// The pool does not take it; that may be due to the connection, so the next one tries again.
  void note_refusal(const chain::Hash256& hash, TimePoint now);
  /// No answer came.
  void note_silence(const chain::Hash256& hash, TimePoint now);

  /// The block that has waited for its answer since `before` or longer, and since when.
  struct Overdue {
    chain::Hash256 hash;
    TimePoint sent;
  };
  [[nodiscard]] std::optional<Overdue> overdue(TimePoint before) const;

  /// What work for block `height` on top of `previous_block` decides: that block itself is in the chain, others are
  /// buried below it. They are closed; so are those that are too old, which are not returned.
  struct Decided {
    Submission block;
    bool in_chain = false;
  };
  std::vector<Decided> look_at(const chain::Hash256& previous_block, std::uint32_t height, TimePoint now);

  /// When next_to_send() or overdue(now - `answer`) may have something next.
  [[nodiscard]] std::optional<TimePoint> next_deadline(std::chrono::milliseconds answer) const;

  /// Oldest first.
  [[nodiscard]] const std::deque<Entry>& all() const noexcept { return entries_; }

 private:
  [[nodiscard]] Entry* find(const chain::Hash256& hash);
  void insert(Entry entry);
  static void pause(Entry& entry, TimePoint now);

  std::deque<Entry> entries_;
  std::deque<chain::Hash256> closed_;  ///< the last kMost
};

}  // namespace lode::stratum::v1
