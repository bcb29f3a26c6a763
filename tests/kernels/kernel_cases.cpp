#include "tests/kernels/kernel_cases.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "kernels/core/search.h"
#include "tests/kernels/headers.h"

namespace lode::kernels {
namespace {

/// Digest word 7 of the header with this nonce, by whole blocks.
std::uint32_t plain_word(const ScanJob& job, std::uint32_t midstate, std::uint32_t nonce) {
  const State inner = compress(job.midstates[midstate], {job.merkle_tail, job.time, job.bits, nonce, 0x80000000, 0, 0,
                                                         0, 0, 0, 0, 0, 0, 0, 0, 640});
  Block outer{};
  std::copy(inner.begin(), inner.end(), outer.begin());
  outer[8] = 0x80000000;
  outer[15] = 256;
  return compress(kInitialState, outer)[7];
}

std::string text(const Hit& hit) {
  return "(nonce word " + std::to_string(hit.nonce_word) + ", midstate " + std::to_string(hit.midstate) + ")";
}

std::string text(const ScanJob& job, NonceRange range) {
  return "first " + std::to_string(range.first) + ", count " + std::to_string(range.count) + ", midstates " +
         std::to_string(job.midstate_count) + ", limit " + std::to_string(job.limit);
}

std::string line(const std::string& what) {
  return what + "\n";
}

/// What tells two lists of hits apart, whatever their order; empty: nothing.
std::string difference(std::vector<Hit> found, std::vector<Hit> expected) {
  if (found == expected) return {};
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  if (found == expected) return {};
  std::vector<Hit> lost;
  std::vector<Hit> invented;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(lost));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(invented));
  return std::to_string(found.size()) + " hits instead of " + std::to_string(expected.size()) +
         (lost.empty() ? "" : "; lost " + text(lost.front())) +
         (invented.empty() ? "" : "; invented or repeated " + text(invented.front()));
}

/// Scans the range and compares; what was wrong.
std::string expect(const ScanUnderTest& scan, const ScanJob& job, NonceRange range, const std::vector<Hit>& hits,
                   std::uint32_t capacity = kMinHitCapacity) {
  const ScannedRange scanned = scan_whole(scan, job, range, capacity);
  std::string faults = scanned.faults;
  if (const std::string differs = difference(scanned.hits, hits); !differs.empty()) faults += line(differs);
  return faults.empty() ? faults : line(text(job, range)) + faults;
}

}  // namespace

std::vector<Hit> plain_hits(const ScanJob& job, NonceRange range) {
  std::vector<Hit> hits;
  for (std::uint64_t i = 0; i < range.count; ++i) {
    const std::uint32_t nonce = range.first + static_cast<std::uint32_t>(i);
    for (std::uint32_t m = 0; m < job.midstate_count; ++m) {
      if (is_hit(plain_word(job, m, nonce), job.limit)) hits.push_back({nonce, m});
    }
  }
  return hits;
}

ScannedRange scan_whole(const ScanUnderTest& scan, const ScanJob& job, NonceRange range, std::uint32_t capacity) {
  constexpr Hit kUntouched{0x5a5a5a5a, 0xa5a5a5a5};
  ScannedRange scanned;
  while (true) {
    std::vector<Hit> list(capacity + 16, kUntouched);
    const ScanResult result = scan(job, range, std::span(list).first(capacity));
    ++scanned.calls;
    if (result.nonces > range.count || result.hits > capacity) {
      scanned.faults += line("more nonces or hits reported than were asked for");
      break;
    }
    if (!std::all_of(list.begin() + capacity, list.end(), [&](Hit hit) { return hit == kUntouched; }))
      scanned.faults += line("wrote behind the list");
    for (std::uint32_t i = 0; i < result.hits; ++i) {
      if (list[i].nonce_word - range.first >= result.nonces)
        scanned.faults += line("a hit that does not belong to the nonces reported: " + text(list[i]));
      scanned.hits.push_back(list[i]);
    }
    if (result.nonces >= range.count) break;
    if (result.nonces == 0) {
      scanned.faults += line("no progress");
      break;
    }
    range.first += static_cast<std::uint32_t>(result.nonces);
    range.count -= result.nonces;
  }
  return scanned;
}

ScanJob RandomWork::job(std::uint32_t midstates) {
  ScanJob job;
  job.midstate_count = midstates;
  job.merkle_tail = word();
  job.time = word();
  job.bits = word();
  for (std::uint32_t m = 0; m < midstates; ++m) {
    for (std::uint32_t& w : job.midstates[m])
      w = word();
  }
  return job;
}

ScanJob RandomWork::job_of_versions(std::uint32_t count) {
  ScanJob job;
  job.midstate_count = count;
  job.merkle_tail = word();
  job.time = word();
  job.bits = word();
  Block head{};
  for (std::uint32_t& w : head)
    w = word();
  constexpr std::uint32_t kRollable = byte_swap(0x1fffe000);
  for (std::uint32_t m = 0; m < count; ++m) {
    head[0] = (head[0] & ~kRollable) | byte_swap((word() & 0xff) << 21 | m << 13);
    job.midstates[m] = compress(kInitialState, head);
  }
  return job;
}

std::string find_real_blocks(const ScanUnderTest& scan) {
  std::string faults;
  for (const RealHeader& header : kRealHeaders) {
    ScanJob job = header.job();
    job.limit = 0;
    const std::uint32_t nonce = header.nonce_word();
    const std::vector<Hit> expected{{nonce, 0}};
    const std::string found = expect(scan, job, {nonce - 5000, 10'001}, expected) +
                              expect(scan, job, {nonce, 1}, expected) + expect(scan, job, {nonce - 100, 100}, {}) +
                              expect(scan, job, {nonce + 1, 100}, {});
    if (!found.empty()) faults += line(std::string(header.name)) + found;
  }
  return faults;
}

std::string know_which_midstate_hit(const ScanUnderTest& scan) {
  constexpr const RealHeader& kRolled = kRealHeaders[std::size(kRealHeaders) - 1];
  std::string faults;
  for (const std::uint32_t place : {0U, 1U, 5U, kMaxMidstates - 1}) {
    ScanJob job = kRolled.job();
    const Midstate real = job.midstates[0];
    job.midstate_count = place + 1;
    for (std::uint32_t m = 0; m < place; ++m)
      job.midstates[m] = {m, 1, 2, 3, 4, 5, 6, 7};
    job.midstates[place] = real;
    const std::uint32_t nonce = kRolled.nonce_word();
    faults += expect(scan, job, {nonce - 33, 70}, {{nonce, place}});
  }
  return faults;
}

std::string agree_on_random_headers(const ScanUnderTest& scan, int cases, const ScanUnderTest& reference) {
  RandomWork work(3);
  std::set<std::uint32_t> seen;  // midstates that had hits
  for (int round = 0; round < cases; ++round) {
    constexpr std::uint32_t kVersions[] = {1, 2, 3, 4, 7, 16, 33, 64};
    const std::uint32_t versions = kVersions[round % 8];
    ScanJob job = work.job_of_versions(versions);
    job.limit = work.word() >> work.below(12);
    // Short ranges, but longer than any kernel's lanes; every fourth goes over the end of the nonces.
    NonceRange range{work.word(), work.below(versions < 7 ? 75 : 20)};
    if (round / 8 % 4 == 0) range.first = 0U - work.below(static_cast<std::uint32_t>(range.count) + 1);
    const std::vector<Hit> hits = reference ? scan_whole(reference, job, range).hits : plain_hits(job, range);
    if (const std::string faults = expect(scan, job, range, hits); !faults.empty())
      return line("case " + std::to_string(round)) + faults;
    for (const Hit& hit : hits)
      seen.insert(hit.midstate);
  }
  if (cases >= 1000 && seen.size() != kMaxMidstates) return line("every version should have had hits");
  return {};
}

std::string agree_on_long_ranges(const ScanUnderTest& scan) {
  RandomWork work(4);
  for (int round = 0; round < 12; ++round) {
    ScanJob job = work.job(1 + work.below(3));
    job.limit = 0x000fffff >> work.below(6);  // so rare that blocks are large
    const NonceRange range{work.word(), 4000 + work.below(9000)};
    if (const std::string faults = expect(scan, job, range, plain_hits(job, range)); !faults.empty()) return faults;
  }
  return {};
}

std::string scan_every_count_from_every_offset(const ScanUnderTest& scan) {
  RandomWork work(5);
  ScanJob job = work.job(2);
  job.limit = 0xffffffff;
  for (std::uint32_t count = 0; count <= 40; ++count) {
    for (const std::uint32_t first : {0U, 1U, 7U, 0x7fffffffU, 0x80000000U, 0U - count, 0U - count / 2, 0xffffffffU}) {
      const std::vector<Hit> hits = plain_hits(job, {first, count});
      if (hits.size() != 2U * count) return line("every nonce was meant to be a hit of both midstates");
      if (const std::string faults = expect(scan, job, {first, count}, hits); !faults.empty()) return faults;
    }
  }
  return {};
}

std::string obey_the_exact_limit(const ScanUnderTest& scan) {
  RandomWork work(6);
  for (int round = 0; round < 300; ++round) {
    ScanJob job = work.job(1);
    const std::uint32_t nonce = work.word();
    const State inner = compress(
        job.midstates[0], {job.merkle_tail, job.time, job.bits, nonce, 0x80000000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 640});
    const Digest digest = sha256(to_digest(inner));
    const std::uint32_t top =
        std::uint32_t{digest[31]} << 24 | std::uint32_t{digest[30]} << 16 | std::uint32_t{digest[29]} << 8 | digest[28];
    job.limit = top;
    if (const std::string faults = expect(scan, job, {nonce, 1}, {{nonce, 0}}); !faults.empty()) return faults;
    if (top == 0) continue;
    job.limit = top - 1;
    if (const std::string faults = expect(scan, job, {nonce, 1}, {}); !faults.empty()) return faults;
  }
  return {};
}

std::string resume_after_a_full_list(const ScanUnderTest& scan) {
  RandomWork work(7);
  for (const std::uint32_t midstates : {1U, 2U, 3U, kMaxMidstates}) {
    for (const std::uint32_t limit : {0U, 0x7fffff00U, 0x00ffffffU, 0xffffffffU}) {
      ScanJob job = work.job(midstates);
      job.limit = limit;
      const NonceRange range{0xfffff000, midstates == kMaxMidstates ? 301U : 7001U};
      const std::vector<Hit> hits = plain_hits(job, range);
      for (const std::uint32_t capacity : {kMinHitCapacity, kMinHitCapacity + 13}) {
        const ScannedRange scanned = scan_whole(scan, job, range, capacity);
        std::string faults = scanned.faults;
        if (const std::string differs = difference(scanned.hits, hits); !differs.empty()) faults += line(differs);
        if (limit == 0xffffffff && scanned.calls <= 1) faults += line("the list was meant to be too small");
        if (limit == 0 && scanned.calls != 1) faults += line("stopped without a reason");
        if (!faults.empty()) return line(text(job, range)) + faults;
      }
    }
  }
  return {};
}

std::string stop_at_once_in_the_largest_range(const ScanUnderTest& scan) {
  ScanJob job = kGenesis.job();
  job.limit = 0xffffffff;
  std::vector<Hit> list(kMinHitCapacity);
  const ScanResult result = scan(job, {1, kAllNonces}, list);
  if (result.nonces == kMinHitCapacity && result.hits == kMinHitCapacity) return {};
  return line(std::to_string(result.nonces) + " nonces and " + std::to_string(result.hits) + " hits instead of " +
              std::to_string(kMinHitCapacity) + ": one hit a nonce");
}

}  // namespace lode::kernels
