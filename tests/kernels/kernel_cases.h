// What every kernel must find, whatever runs it: the cases that the tests of the CPU kernels, of the GPU kernels'
// source and of the GPU kernels on a GPU have in common. Needs no test library.
//
// Each function tries its cases with a scan function and returns what was wrong, in words; an empty string means that
// all was right. Pure but for the scan function that they are given; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/core/scan_job.h"

namespace lode::kernels {

/// A header has so many nonces.
inline constexpr std::uint64_t kAllNonces = std::uint64_t{1} << 32;

/// As ScanFunction: scans from the start of the range until it is done or the list (of kMinHitCapacity or more places)
/// is full.
using ScanUnderTest = std::function<ScanResult(const ScanJob& job, NonceRange range, std::span<Hit> hits)>;

/// By whole SHA-256 blocks, in (nonce position, midstate) order: shares no shortcut with the kernels.
std::vector<Hit> plain_hits(const ScanJob& job, NonceRange range);

struct ScannedRange {
  std::vector<Hit> hits;
  int calls = 0;
  std::string faults;  ///< how a call broke the contract
};

/// Scans the range with lists of `capacity`, going on where the kernel stopped; checks the contract of every call.
ScannedRange scan_whole(const ScanUnderTest& scan, const ScanJob& job, NonceRange range,
                        std::uint32_t capacity = kMinHitCapacity);

/// Makes up work, the same for the same seed.
class RandomWork {
 public:
  explicit RandomWork(std::uint32_t seed) : random_(seed) {}

  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  std::uint32_t below(std::uint32_t end) { return word() % end; }

  ScanJob job(std::uint32_t midstates);
  /// A random header with different version bits (BIP320) in each midstate.
  ScanJob job_of_versions(std::uint32_t count);

 private:
  std::mt19937 random_;
};

// --- The cases.

/// Blocks of the main network are found, and nothing but they.
std::string find_real_blocks(const ScanUnderTest& scan);

/// Of several versions of a real header only the true one is a block.
std::string know_which_midstate_hit(const ScanUnderTest& scan);

/// Random headers with M in {1, 2, 3, 4, 7, 16, 33, 64}: the same hits as the reference's (null: the plain hash). Short
/// ranges, some over the end of the nonces.
std::string agree_on_random_headers(const ScanUnderTest& scan, int cases, const ScanUnderTest& reference);

/// Ranges of thousands of nonces with rare hits, by the plain hash.
std::string agree_on_long_ranges(const ScanUnderTest& scan);

/// Every count of 0 .. 40 nonces from many places, also over the end of the nonces.
std::string scan_every_count_from_every_offset(const ScanUnderTest& scan);

/// The limit is exactly one hash's value: that hash is a hit, and is none with a limit of one less.
std::string obey_the_exact_limit(const ScanUnderTest& scan);

/// Lists that are too small: no hit is lost, none comes twice.
std::string resume_after_a_full_list(const ScanUnderTest& scan);

/// All nonces are hits, all are asked for: one list full of them comes back.
std::string stop_at_once_in_the_largest_range(const ScanUnderTest& scan);

}  // namespace lode::kernels
