#include "bench/gpu/session_rate.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLaunchSeconds = 0.25;
/// Of the first launches, before the rate is known.
constexpr double kFirstHashes = 1 << 16;
constexpr int kFirstLaunches = 2;

/// A launch.
struct Ran {
  double hashes = 0;
  double seconds = 0;
};

Ran run(const SessionCase& one, double hashes) {
  const auto nonces = static_cast<std::uint64_t>(std::clamp(hashes / one.midstates, 64.0, 0x1p32));
  const auto begin = Clock::now();
  require(one.session->launch(0, {0, nonces}, one.session->epoch(), device::GpuSession::kHitCapacity));
  await(*one.session, 0);
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  const double done = static_cast<double>(one.session->outcome(0).nonces) * one.midstates;
  if (done <= 0) throw std::runtime_error("a launch did nothing");
  return {.hashes = done, .seconds = elapsed.count()};
}

}  // namespace

void sample(SessionCase& one, double seconds) {
  require(one.session->enter());
  // A header whose only solution is elsewhere: what is measured is hashing.
  one.session->prepare(planted_job(0, one.midstates, 0));
  const double launch = std::min(kLaunchSeconds, seconds);
  const auto run_for_launch = [&] {
    const Ran ran = run(one, one.hashes_per_second == 0 ? kFirstHashes : one.hashes_per_second * launch);
    one.hashes_per_second = ran.hashes / ran.seconds;
    return ran;
  };
  // The first are short, and mostly the cost of a launch.
  for (int i = 0; one.ghs.empty() && i < kFirstLaunches; ++i)
    run_for_launch();
  Ran all;
  do {
    const Ran ran = run_for_launch();
    all.hashes += ran.hashes;
    all.seconds += ran.seconds;
  } while (all.seconds < 0.8 * seconds);
  one.ghs.push_back(all.hashes / all.seconds / 1e9);
}

void sample_in_turn(std::vector<SessionCase>& cases, double seconds, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (SessionCase& one : cases)
      sample(one, seconds);
  }
}

const SessionCase& fastest(const std::vector<SessionCase>& cases, std::uint32_t midstates) {
  const SessionCase* best = nullptr;
  for (const SessionCase& one : cases) {
    if (one.midstates == midstates && (best == nullptr || median(one.ghs) > median(best->ghs))) best = &one;
  }
  if (best == nullptr) throw std::runtime_error("nothing was measured with so many midstates");
  return *best;
}

}  // namespace lode::bench
