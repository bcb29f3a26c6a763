#include "host/device/cuda_tuning.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace lode::device {
namespace {

using kernels::cuda::Balance;

constexpr std::string_view kBlocks = " blocks=";
constexpr std::string_view kHashes = " hashes=";

constexpr std::uint32_t kOtherMidstates[] = {8, 16, 64};
constexpr std::uint32_t kHashesPerThread[] = {32, 64, 128, 256};

/// Takes a number off the front, without leading zeros. Nothing if there is none, or it is not 1 .. most.
std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 1 || number > most || text.front() == '0') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

CudaKernelUse use_of(const CudaKernelUse& kernel, const CudaSetting& setting) {
  CudaKernelUse use = kernel;
  use.blocks_per_multiprocessor = setting.blocks_per_multiprocessor;
  use.hashes_per_thread = setting.hashes_per_thread;
  return use;
}

const CudaKernels* find(const std::vector<CudaKernels>& kernels, Balance balance) {
  const auto found =
      std::ranges::find_if(kernels, [&](const CudaKernels& one) { return one.single.image.balance == balance; });
  return found == kernels.end() ? nullptr : &*found;
}

/// What the refinements are made of.
class Candidates {
 public:
  Candidates(CudaTarget target, bool rolling) : target_(std::move(target)), rolling_(rolling) {}

  /// Jobs of one midstate tell nothing of the rolling kernel, so the other one stays as it is.
  [[nodiscard]] GpuCandidate make(const CudaSetting& setting, std::uint32_t midstates) const {
    CudaKernels kernels = *find(target_.kernels, setting.balance);
    CudaKernelUse& use = rolling_ ? kernels.rolling : kernels.single;
    use = use_of(use, setting);
    return {.name = to_string(setting),
            .midstates = midstates,
            .open = [driver = target_.driver, gpu = target_.gpu, kernels] {
              return CudaSession::open(driver, gpu, kernels);
            }};
  }

  [[nodiscard]] std::vector<GpuCandidate> with_other_midstates(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    for (const std::uint32_t midstates : kOtherMidstates)
      candidates.push_back(make(*parse_cuda_setting(best.name), midstates));
    return candidates;
  }

  /// Fewer blocks leave the caches and the schedulers to those that remain.
  [[nodiscard]] std::vector<GpuCandidate> with_fewer_blocks(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    CudaSetting setting = *parse_cuda_setting(best.name);
    const std::uint32_t room = setting.blocks_per_multiprocessor;
    for (const std::uint32_t blocks : {room - 1, (room + 1) / 2}) {
      if (blocks == 0) continue;
      setting.blocks_per_multiprocessor = blocks;
      candidates.push_back(make(setting, best.midstates));
    }
    return candidates;
  }

  [[nodiscard]] std::vector<GpuCandidate> with_other_portions(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    CudaSetting setting = *parse_cuda_setting(best.name);
    for (const std::uint32_t hashes : kHashesPerThread) {
      // A thread does a nonce with all midstates at least.
      if (hashes < best.midstates) continue;
      setting.hashes_per_thread = hashes;
      candidates.push_back(make(setting, best.midstates));
    }
    return candidates;
  }

 private:
  CudaTarget target_;
  bool rolling_;
};

}  // namespace

std::vector<CudaKernels> built_cuda_kernels() {
  // By what the pipes are said to do; docs/kernels.md.
  constexpr Balance kExpected[] = {Balance::kLight, Balance::kMedium, Balance::kHeavy, Balance::kNone};
  const auto images = kernels::cuda::images();
  const auto find = [&](std::string_view kernel, Balance balance) {
    return std::ranges::find_if(
        images, [&](const kernels::cuda::Image& image) { return image.kernel == kernel && image.balance == balance; });
  };
  std::vector<CudaKernels> built;
  for (const Balance balance : kExpected) {
    const auto single = find("sha256d_m1", balance);
    const auto rolling = find("sha256d_mn", balance);
    if (single == images.end() || rolling == images.end()) continue;
    built.push_back({.single = {.image = *single}, .rolling = {.image = *rolling}});
  }
  return built;
}

std::string to_string(const CudaSetting& setting) {
  std::string text(kernels::cuda::name_of(setting.balance));
  text += kBlocks;
  text += std::to_string(setting.blocks_per_multiprocessor);
  text += kHashes;
  text += std::to_string(setting.hashes_per_thread);
  return text;
}

std::optional<CudaSetting> parse_cuda_setting(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(' '));
  const auto balance = std::ranges::find(kernels::cuda::kBalances, name, kernels::cuda::name_of);
  if (balance == std::end(kernels::cuda::kBalances)) return std::nullopt;
  CudaSetting setting{.balance = *balance};
  text.remove_prefix(name.size());
  if (!take(text, kBlocks)) return std::nullopt;
  const auto blocks = take_number(text, kMostCudaBlocks);
  if (!blocks || !take(text, kHashes)) return std::nullopt;
  const auto hashes = take_number(text, kMostCudaHashes);
  if (!hashes || !text.empty()) return std::nullopt;
  setting.blocks_per_multiprocessor = *blocks;
  setting.hashes_per_thread = *hashes;
  return setting;
}

Result<GpuTuningPlan> cuda_plan(const CudaTarget& target, bool rolling) {
  const auto candidates = std::make_shared<const Candidates>(target, rolling);
  GpuTuningPlan plan;
  std::optional<Error> error;
  for (const CudaKernels& kernels : target.kernels) {
    const kernels::cuda::Image& image = rolling ? kernels.rolling.image : kernels.single.image;
    const auto shape = CudaSession::launch_shape(target.driver, target.gpu, image);
    if (!shape) {
      if (!error) error = shape.error();
      continue;
    }
    const CudaSetting setting{.balance = image.balance,
                              .blocks_per_multiprocessor = std::min(shape->blocks_per_multiprocessor, kMostCudaBlocks),
                              .hashes_per_thread = std::min(shape->hashes_per_thread, kMostCudaHashes)};
    plan.first.push_back(candidates->make(setting, rolling ? kExpectedCudaMidstates : 1));
  }
  if (plan.first.empty()) return error.value_or(fail(Errc::kDevice, "this build has no kernels"));
  using Refine = std::vector<GpuCandidate> (Candidates::*)(const GpuCandidate&) const;
  const auto add = [&](Refine refine) {
    plan.refinements.emplace_back(
        [candidates, refine](const GpuCandidate& best) { return ((*candidates).*refine)(best); });
  };
  if (rolling) add(&Candidates::with_other_midstates);
  add(&Candidates::with_fewer_blocks);
  add(&Candidates::with_other_portions);
  return plan;
}

std::optional<CudaKernels> cuda_kernels(const CudaTarget& target, const CudaSetting& single,
                                        const CudaSetting& rolling) {
  const CudaKernels* const for_single = find(target.kernels, single.balance);
  const CudaKernels* const for_rolling = find(target.kernels, rolling.balance);
  if (for_single == nullptr || for_rolling == nullptr) return std::nullopt;
  return CudaKernels{.single = use_of(for_single->single, single), .rolling = use_of(for_rolling->rolling, rolling)};
}

}  // namespace lode::device
