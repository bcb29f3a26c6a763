#include "host/node/dev_retarget.h"

#include <algorithm>
#include <cmath>

namespace lode::node {
namespace {

/// What a block's weight shrinks to with every later block: the estimate rests on the last ten or so.
constexpr double kDecay = 0.9;
/// Most that the difficulty moves with one block. From 1 kH/s to 1 TH/s that takes eight.
constexpr double kMaxStep = 16;
/// The quotient of sums over few, exponentially distributed times is biased upwards; this brings the mean interval
/// to 1.
constexpr double kBias = 0.97;

}  // namespace

chain::Target target_for_hashes(double hashes) noexcept {
  hashes = std::clamp(std::isnan(hashes) ? 1.0 : hashes, 1.0, DevRetarget::kMaxHashes);
  // hashes = denominator / 2^shift, with as many digits as a double has and 64 bits take.
  const int shift = std::clamp(52 - std::ilogb(hashes), 0, 52);
  const auto denominator = static_cast<std::uint64_t>(std::ldexp(hashes, shift));
  return chain::Target::scaled(chain::Target::max(), std::uint64_t{1} << shift, denominator);
}

DevRetarget::DevRetarget(Seconds interval, double start_hashes)
    : interval_(interval), hashes_(std::clamp(start_hashes, kMinHashes, kMaxHashes)) {}

double DevRetarget::hashes(Seconds waiting) const noexcept {
  const double late = std::floor(waiting / interval_ - kPatience);
  if (!(late >= 0)) return hashes_;
  return std::max(kMinHashes, hashes_ * std::exp2(-(late + 1)));
}

std::uint32_t DevRetarget::bits(Seconds waiting) const {
  return target_for_hashes(hashes(waiting)).to_bits();
}

void DevRetarget::on_block(double expected_hashes, Seconds taken) noexcept {
  const double seconds = std::max(taken.count(), 1e-9);
  if (seconds > interval_.count() * (kPatience + 2) && expected_hashes < hashes_) {
    // The rate is not what it was. Forget the past and begin again from what was found.
    work_ = expected_hashes;
    time_ = interval_.count();
    hashes_ = std::clamp(expected_hashes, kMinHashes, kMaxHashes);
    return;
  }
  work_ = work_ * kDecay + expected_hashes;
  time_ = time_ * kDecay + seconds;
  const double wanted = work_ / time_ * interval_.count() * kBias;
  hashes_ =
      std::clamp(std::clamp(wanted, expected_hashes / kMaxStep, expected_hashes * kMaxStep), kMinHashes, kMaxHashes);
}

}  // namespace lode::node
