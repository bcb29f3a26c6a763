#include "bench/gpu/grid_checks.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "kernels/cpu/registry.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::bench {
namespace {

using device::GpuSession;
using kernels::Hit;
using kernels::NonceRange;
using kernels::ScanJob;

constexpr std::uint64_t kAllNonces = std::uint64_t{1} << 32;

ScanJob easy_job(std::uint32_t midstates, std::uint32_t limit, std::uint32_t seed) {
  ScanJob job = kernels::RandomWork(seed).job_of_versions(midstates);
  job.limit = limit;
  return job;
}

/// By the fastest kernel of this CPU.
std::vector<Hit> cpu_hits(const ScanJob& job, NonceRange range) {
  std::vector<Hit> hits = kernels::scan_whole(kernels::best_kernel().scan, job, range, 4096).hits;
  std::sort(hits.begin(), hits.end());
  return hits;
}

std::vector<Hit> gpu_hits(const GpuSession& session, std::size_t slot) {
  std::vector<Hit> hits;
  for (const auto& hit : session.hits(slot))
    hits.push_back({hit.nonce_word, hit.midstate_plus_one - 1});
  std::sort(hits.begin(), hits.end());
  return hits;
}

void run(GpuSession& session, const ScanJob& job, NonceRange range, std::uint32_t capacity) {
  session.prepare(job);
  require(session.launch(0, range, session.epoch(), capacity));
  await(session, 0);
}

std::string counted(const char* what, std::uint64_t is, std::uint64_t wanted) {
  if (is == wanted) return {};
  return std::string(what) + ": " + std::to_string(is) + " instead of " + std::to_string(wanted) + "\n";
}

}  // namespace

std::string old_epoch_does_nothing(GpuSession& session) {
  std::string faults;
  for (const std::uint32_t midstates : {1U, 2U}) {
    session.prepare(easy_job(midstates, 0xffffffff, 1));
    require(session.launch(0, {0, 1000}, session.epoch() - 1, 4096));
    await(session, 0);
    faults += counted("nonces of an old epoch", session.outcome(0).nonces, 0);
    faults += counted("hits of an old epoch", session.outcome(0).hits, 0);
  }
  return faults;
}

std::string stopped_scan_is_a_prefix(GpuSession& session, int rounds, std::uint64_t nonces) {
  std::mt19937 random(11);
  int partial = 0;
  for (int round = 0; round < rounds; ++round) {
    constexpr std::uint32_t kMidstates[] = {1, 2, 8, 33, 64};
    const std::uint32_t midstates = kMidstates[round % 5];
    // Half of what the list holds in all, so that what is done before the stop has some.
    const double share = 8000.0 / static_cast<double>(nonces);
    const ScanJob job = easy_job(midstates, static_cast<std::uint32_t>(share * 0x1p32 / midstates),
                                 100 + static_cast<std::uint32_t>(round));
    const NonceRange range{static_cast<std::uint32_t>(random()), std::max<std::uint64_t>(nonces / midstates, 1)};
    session.prepare(job);
    require(session.launch(0, range, session.epoch(), GpuSession::kHitCapacity));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
    session.advance_epoch();
    await(session, 0);
    const auto outcome = session.outcome(0);
    if (outcome.overflowed) return "the list was meant to be large enough\n";
    if (outcome.nonces > range.count) return counted("nonces of a stopped scan", outcome.nonces, range.count);
    partial += outcome.nonces < range.count ? 1 : 0;
    if (gpu_hits(session, 0) != cpu_hits(job, {range.first, outcome.nonces})) {
      return "a stopped scan's hits are not those of its " + std::to_string(outcome.nonces) + " nonces (first " +
             std::to_string(range.first) + ", midstates " + std::to_string(midstates) + ")\n";
    }
  }
  return partial > 0 ? "" : "no scan was stopped in the middle: the ranges were too short\n";
}

std::string full_list_is_noticed(GpuSession& session) {
  std::string faults;
  for (const std::uint32_t midstates : {1U, 2U, 64U}) {
    const ScanJob job = easy_job(midstates, 0xffffffff, 2);
    for (const std::uint32_t nonces : {1U, 37U, 200U}) {
      const std::uint32_t hits = nonces * midstates;
      run(session, job, {0xffffffc0, nonces}, hits);
      faults += counted("hits in a list that is just large enough", session.outcome(0).hits, hits);
      if (gpu_hits(session, 0) != cpu_hits(job, {0xffffffc0, nonces})) faults += "wrong hits in a full list\n";
      if (hits == 1) continue;
      run(session, job, {0xffffffc0, nonces}, hits - 1);
      if (!session.outcome(0).overflowed) faults += "a list that was too small was taken for all\n";
    }
    run(session, job, {5, kAllNonces}, 64);
    if (!session.outcome(0).overflowed) faults += "a list that was too small for 2^32 hits was taken for all\n";
  }
  return faults;
}

std::string ranges_end_where_they_should(GpuSession& session, int rounds) {
  std::mt19937 random(12);
  for (int round = 0; round < rounds; ++round) {
    constexpr std::uint32_t kMidstates[] = {1, 1, 2, 8, 64};
    const std::uint32_t midstates = kMidstates[round % 5];
    const ScanJob job =
        easy_job(midstates, 0xffffffff >> (9 + std::countr_zero(midstates)), 500 + static_cast<std::uint32_t>(round));
    const std::uint64_t chunk = 32ULL * std::max(64U / midstates, 1U);
    const std::uint64_t count = std::max<std::uint64_t>(1, chunk * (random() % 40) + random() % 5 - 2);
    const NonceRange range{
        round % 3 == 0 ? static_cast<std::uint32_t>(0U - count / 2) : static_cast<std::uint32_t>(random()),
        std::min<std::uint64_t>(count, 1U << 20)};
    run(session, job, range, GpuSession::kHitCapacity);
    std::string faults = counted("nonces", session.outcome(0).nonces, range.count);
    if (gpu_hits(session, 0) != cpu_hits(job, range)) faults += "wrong hits\n";
    if (!faults.empty()) {
      return faults + "first " + std::to_string(range.first) + ", count " + std::to_string(range.count) +
             ", midstates " + std::to_string(midstates) + "\n";
    }
  }
  return {};
}

std::string all_nonces_of_a_block(GpuSession& session, std::uint32_t index, std::uint32_t midstates) {
  const std::uint32_t place = midstates - 1;
  const ScanJob job = planted_job(index, midstates, place);
  run(session, job, {index * 0x12345677, kAllNonces}, GpuSession::kHitCapacity);
  std::string faults = counted("nonces", session.outcome(0).nonces, kAllNonces);
  const std::vector<Hit> hits = gpu_hits(session, 0);
  if (std::ranges::count(hits, Hit{planted_nonce(index), place}) != 1) faults += "the block was not found once\n";
  for (const Hit& hit : hits) {
    if (std::ranges::count(cpu_hits(job, {hit.nonce_word, 1}), hit) != 1) faults += "a hit that is none\n";
  }
  return faults;
}

}  // namespace lode::bench
