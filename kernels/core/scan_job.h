// What a kernel sees of the work: M midstates over one shared block 2, the words to compare with, and a nonce range.
//
// Everything here is trivially copyable, so that it can cross to a GPU or to another process as it is.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

namespace lode::kernels {

/// SHA-256 state words a..h (FIPS 180-4, 5.3.3), here after the first 64 bytes of a block header.
using Midstate = std::array<std::uint32_t, 8>;

/// Most headers (differing in version bits only) that one job scans together.
inline constexpr std::uint32_t kMaxMidstates = 64;

/// Consecutive *nonce words*, wrapping at 2^32. A nonce word is the header's last four bytes as SHA-256 reads them (big
/// endian), that is the byte swap of the header's nonce field: the kernels then need no swap, and ranges that are
/// disjoint as words are disjoint as nonces.
struct NonceRange {
  std::uint32_t first = 0;
  std::uint64_t count = 0;  ///< 0 .. 2^32

  friend bool operator==(const NonceRange&, const NonceRange&) = default;
};

/// One unit of work. Headers of one job share merkle tail, time, bits and nonce, and differ in their midstate.
struct ScanJob {
  std::uint64_t generation = 0;      ///< of the job this was cut from; grows with every new job
  std::uint32_t midstate_count = 0;  ///< M, 1 .. kMaxMidstates
  std::uint32_t merkle_tail = 0;     ///< header bytes 64..67, big endian
  std::uint32_t time = 0;            ///< header bytes 68..71, big endian
  std::uint32_t bits = 0;            ///< header bytes 72..75, big endian
  /// Highest 32 bits of the target. A hash is a hit when the highest 32 bits of the hash as a number (the byte swap of
  /// digest word 7) are <= this. The host compares the other 224 bits.
  std::uint32_t limit = 0;
  NonceRange range;
  std::array<Midstate, kMaxMidstates> midstates{};  ///< the first midstate_count count
};
static_assert(std::is_trivially_copyable_v<ScanJob>);

/// A header that passed the kernel's test.
struct Hit {
  std::uint32_t nonce_word = 0;
  std::uint32_t midstate = 0;  ///< index into ScanJob::midstates

  friend bool operator==(const Hit&, const Hit&) = default;
  friend auto operator<=>(const Hit&, const Hit&) = default;
};
static_assert(std::is_trivially_copyable_v<Hit>);

/// How far a scan came. `nonces` counts from the start of the range, each tried with all M midstates, so hashes done
/// are nonces * M. It is less than asked for when the hit list was full; scanning goes on at first + nonces, nothing is
/// lost.
struct ScanResult {
  std::uint64_t nonces = 0;
  std::uint32_t hits = 0;
};

/// A hit list handed to a kernel has at least this many places: the most hits that one step of any kernel can produce.
inline constexpr std::uint32_t kMinHitCapacity = 32 * kMaxMidstates;

}  // namespace lode::kernels
