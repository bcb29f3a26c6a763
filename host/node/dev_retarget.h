// How hard the embedded chain's next block is: about one block an interval, whatever the hash rate, from the first
// blocks on.
//
// A value object without a clock: it is told how long blocks took. Consensus of real chains looks at header times over
// weeks; a development chain is asked to suit 1 kH/s and 1 TH/s within seconds, so this looks at arrival times.
#pragma once

#include <chrono>
#include <cstdint>

#include "host/chain/target.h"

namespace lode::node {

class DevRetarget {
 public:
  using Seconds = std::chrono::duration<double>;

  /// No block asks for fewer or more hashes than this, so that the first is found at once by anything.
  static constexpr double kMinHashes = 2;
  static constexpr double kMaxHashes = 9.0e18;

  /// `interval` is what a block should take, above 0. `start_hashes` are asked of the first block.
  DevRetarget(Seconds interval, double start_hashes);

  /// Mean number of hashes that the next block shall take when the last one is `waiting` old. It falls by half every
  /// interval after the first kPatience intervals: a device that was unplugged must not leave the chain standing.
  [[nodiscard]] double hashes(Seconds waiting = Seconds(0)) const noexcept;

  /// The same as a compact target, as headers carry it.
  [[nodiscard]] std::uint32_t bits(Seconds waiting = Seconds(0)) const;

  /// A block that took `expected_hashes` on average (Target::expected_hashes of its bits) came `taken` after the one
  /// before.
  void on_block(double expected_hashes, Seconds taken) noexcept;

 private:
  static constexpr double kPatience = 5;  ///< intervals; a steady rate exceeds them once in 150 blocks

  Seconds interval_;
  double hashes_;
  // Hashes and seconds of the blocks so far, older ones counting less. Their quotient is the hash rate.
  double work_ = 0;
  double time_ = 0;
};

/// The target that takes `hashes` (1 .. kMaxHashes, else the nearer of the two) on average.
chain::Target target_for_hashes(double hashes) noexcept;

}  // namespace lode::node
