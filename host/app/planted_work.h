// Work whose solutions are known before it is scanned: how `lode bench` knows that a device computes right.
//
// A job of random headers and a nonce range that begins and ends with a solution. The solutions in a window at either
// end were found beforehand by hashing whole headers with the portable hash of host/chain, which shares no code with
// the kernels. What a device reports between the windows is checked one by one.
//
// Immutable after it was made; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host/chain/header.h"
#include "kernels/core/scan_job.h"

namespace lode::app {

/// A solution by its distance from the first nonce of the range.
struct PlantedHit {
  std::uint64_t offset = 0;
  std::uint32_t midstate = 0;

  friend bool operator==(const PlantedHit&, const PlantedHit&) = default;
  friend auto operator<=>(const PlantedHit&, const PlantedHit&) = default;
};

class PlantedWork {
 public:
  /// `nonces`: about how long the range is; at least two windows. The more hashes that are, the rarer are solutions: of
  /// 2^16 hashes about one, down to one of 2^20. `first`: about where it begins; it may wrap.
  PlantedWork(std::mt19937_64& random, std::uint32_t midstates, std::uint32_t first, std::uint64_t nonces);

  [[nodiscard]] const kernels::ScanJob& job() const noexcept { return job_; }
  [[nodiscard]] const std::vector<PlantedHit>& known() const noexcept { return known_; }

  /// What is wrong with `hits` as the result of scanning the first `nonces` of the range; nothing if it is right: one
  /// is missed, false, reported twice or out of range.
  [[nodiscard]] std::optional<std::string> fault(std::vector<PlantedHit> hits, std::uint64_t nonces) const;

 private:
  [[nodiscard]] std::uint32_t top_word(std::uint32_t nonce_word, std::uint32_t midstate) const;

  kernels::ScanJob job_;
  std::vector<std::array<std::uint8_t, chain::kHeaderSize>> headers_;  ///< by midstate, nonce 0
  std::vector<PlantedHit> known_;                                      ///< in order
};

}  // namespace lode::app
