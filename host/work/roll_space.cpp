#include "host/work/roll_space.h"

#include <algorithm>
#include <bit>

#include "host/base/endian.h"
#include "host/work/header_builder.h"
#include "kernels/core/sha256.h"

namespace lode::work {
namespace {

/// Puts the low bits of `index` into the set bits of `mask`, lowest first (a software PDEP).
std::uint32_t deposit_bits(std::uint64_t index, std::uint32_t mask) noexcept {
  std::uint32_t spread = 0;
  for (; mask != 0; mask &= mask - 1, index >>= 1) {
    if ((index & 1) != 0) spread |= mask & (~mask + 1);
  }
  return spread;
}

}  // namespace

Roll WorkUnit::roll_of(const kernels::Hit& hit) const {
  return Roll{.extranonce2 = extranonce2,
              .version = versions.at(hit.midstate),
              .time = kernels::byte_swap(scan.time),
              .nonce = kernels::byte_swap(hit.nonce_word)};
}

std::uint32_t rollable_bits(const WorkTemplate& work) noexcept {
  return work.version_mask & ~work.version;
}

kernels::NonceRange lane_range(Lane lane) noexcept {
  constexpr std::uint64_t kNonces = std::uint64_t{1} << 32;
  const std::uint64_t begin = kNonces * lane.index / lane.count;
  const std::uint64_t end = kNonces * (std::uint64_t{lane.index} + 1) / lane.count;
  return {static_cast<std::uint32_t>(begin), end - begin};
}

RollSpace::RollSpace(std::shared_ptr<const Job> job, Lane lane, std::uint32_t midstates)
    : job_(std::move(job)),
      range_(lane_range(lane)),
      midstates_(std::clamp<std::uint32_t>(midstates, 1, kernels::kMaxMidstates)),
      rollable_(rollable_bits(*job_->work)),
      version_count_(std::uint64_t{1} << std::popcount(rollable_)),
      extranonce2_(job_->work->first_extranonce2) {}

void RollSpace::continue_as(std::shared_ptr<const Job> job, std::uint32_t midstates) noexcept {
  job_ = std::move(job);
  midstates_ = std::clamp<std::uint32_t>(midstates, 1, kernels::kMaxMidstates);
}

std::optional<WorkUnit> RollSpace::next() {
  if (exhausted_) return std::nullopt;
  const WorkTemplate& work = *job_->work;
  if (!root_) root_ = merkle_root(work, extranonce2_);

  chain::Header header;
  header.previous_block = work.previous_block;
  header.merkle_root = *root_;
  header.time = work.time + time_offset_;
  header.bits = work.bits;

  std::optional<WorkUnit> unit(std::in_place);
  unit->extranonce2 = extranonce2_;
  unit->scan.generation = job_->generation;
  unit->scan.midstate_count =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(midstates_, version_count_ - version_index_));
  unit->scan.limit = wanted_target(*job_).top_word();
  unit->scan.range = range_;
  unit->versions.reserve(unit->scan.midstate_count);
  for (std::uint32_t i = 0; i < unit->scan.midstate_count; ++i) {
    header.version = work.version | deposit_bits(version_index_ + i, rollable_);
    const auto bytes = header.serialize();
    const std::span<const std::uint8_t, 80> view(bytes);
    if (i == 0) {
      unit->scan.merkle_tail = read_be<std::uint32_t>(view.subspan<64, 4>());
      unit->scan.time = read_be<std::uint32_t>(view.subspan<68, 4>());
      unit->scan.bits = read_be<std::uint32_t>(view.subspan<72, 4>());
    }
    unit->scan.midstates[i] = kernels::header_midstate(view.first<64>());
    unit->versions.push_back(header.version);
  }
  version_index_ += unit->scan.midstate_count;
  if (version_index_ == version_count_) advance();
  return unit;
}

void RollSpace::advance() {
  version_index_ = 0;
  if (extranonce2_ != last_extranonce2(job_->work->extranonce2_size)) {
    ++extranonce2_;
    root_.reset();
    return;
  }
  extranonce2_ = job_->work->first_extranonce2;
  root_.reset();
  if (time_offset_ == job_->work->time_roll_limit) {
    exhausted_ = true;
    return;
  }
  ++time_offset_;
}

}  // namespace lode::work
