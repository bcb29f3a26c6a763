#include "host/device/opencl_tuning.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <utility>

#include "host/device/opencl_binary.h"

namespace lode::device {
namespace {

using kernels::opencl::Flavour;
using kernels::opencl::Variant;

constexpr std::string_view kItems = " items=";
constexpr std::string_view kGroups = " groups=";
constexpr std::string_view kHashes = " hashes=";

constexpr std::uint32_t kOtherMidstates[] = {8, 16, 64};
constexpr std::uint32_t kItemsOfGpu[] = {64, 128, 256};
constexpr std::uint32_t kItemsOfCpu[] = {8, 16, 32};
constexpr std::uint32_t kHashesPerItem[] = {32, 64, 128, 256};

/// A CPU's driver takes up to a minute to compile what is narrower, which is far slower, too: eight nonces at once made
/// 31.5 MH/s where one made 5.6.
constexpr std::uint32_t kLeastWidthOfCpu = 4;
/// A GPU has its lanes by itself. What is wider takes more registers than it has, and its driver many times as long to
/// compile.
constexpr std::uint32_t kMostWidthOfGpu = 2;

/// Of the schedule that a work-item keeps in local memory for each of its nonces, and of what a kernel keeps beside it.
constexpr std::uint64_t kScheduleBytes = 192;
constexpr std::uint64_t kOtherLocalBytes = 64;

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// Takes a word and a number behind it off the front, without leading zeros. False if they are not there, or the number
/// is not 1 .. most.
bool take_number(std::string_view& text, std::string_view word, std::uint32_t most, std::uint32_t& number) {
  if (!take(text, word)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 1 || number > most || text.front() == '0') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

Flavour flavour_of(const OpenClGpu& gpu) {
  if (gpu.is_cpu()) return Flavour::kPlain;
  const auto is_of = [&](std::string_view vendor) { return gpu.vendor.find(vendor) != std::string::npos; };
  if (is_of("NVIDIA")) return Flavour::kNvidia;
  if (is_of("Advanced Micro Devices") || is_of("AMD")) return Flavour::kAmd;
  return Flavour::kPlain;
}

/// Whether two variants have the same kernel for jobs of one midstate, which keeps no schedule.
bool same_for_one(const Variant& a, const Variant& b) {
  return a.flavour == b.flavour && a.balance == b.balance && a.vector_width == b.vector_width;
}

/// What the refinements are made of.
class Candidates {
 public:
  /// What was compiled once must not be again.
  explicit Candidates(OpenClTarget target) : target_(std::move(target)) {
    if (!target_.help.store) target_.help.store = std::make_shared<OpenClMemoryStore>();
  }

  [[nodiscard]] GpuCandidate make(const OpenClSetting& setting, std::uint32_t midstates) const {
    return {.name = to_string(setting),
            .midstates = midstates,
            .open =
                [driver = target_.driver, gpu = target_.gpu, help = target_.help, use = use_of(setting)] {
                  return OpenClSession::open(driver, gpu, {.single = use, .rolling = use}, help);
                },
            .program = kernels::opencl::build_options(setting.variant)};
  }

  /// Those that fit, as they are launched where nothing is measured.
  [[nodiscard]] std::vector<GpuCandidate> variants(bool rolling) const {
    std::vector<Variant> tried;
    std::vector<GpuCandidate> candidates;
    for (const Variant& variant : opencl_variants(target_.gpu)) {
      if (target_.gpu.is_cpu() ? variant.vector_width < kLeastWidthOfCpu : variant.vector_width > kMostWidthOfGpu)
        continue;
      const bool known =
          !rolling && std::ranges::any_of(tried, [&](const Variant& one) { return same_for_one(one, variant); });
      const OpenClSetting setting = default_setting(target_.gpu, variant);
      if (known || !fits(target_.gpu, setting)) continue;
      tried.push_back(variant);
      candidates.push_back(make(setting, rolling ? kExpectedOpenClMidstates : 1));
    }
    return candidates;
  }

  [[nodiscard]] std::vector<GpuCandidate> with_other_midstates(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    for (const std::uint32_t midstates : kOtherMidstates)
      candidates.push_back(make(*parse_opencl_setting(best.name), midstates));
    return candidates;
  }

  [[nodiscard]] std::vector<GpuCandidate> with_other_portions(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    OpenClSetting setting = *parse_opencl_setting(best.name);
    for (const std::uint32_t hashes : kHashesPerItem) {
      // A work-item does a nonce with all midstates at least.
      if (hashes < best.midstates) continue;
      setting.hashes_per_item = hashes;
      candidates.push_back(make(setting, best.midstates));
    }
    return candidates;
  }

  /// With as many work-items in all on a GPU: only how many share a chunk differs.
  [[nodiscard]] std::vector<GpuCandidate> with_other_items(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    OpenClSetting setting = *parse_opencl_setting(best.name);
    const std::uint32_t all = setting.groups_per_unit * setting.variant.group_size;
    const bool cpu = target_.gpu.is_cpu();
    for (const std::uint32_t items : cpu ? kItemsOfCpu : kItemsOfGpu) {
      setting.variant.group_size = items;
      if (!cpu) setting.groups_per_unit = std::clamp(all / items, 1U, kMostOpenClGroups);
      if (fits(target_.gpu, setting)) candidates.push_back(make(setting, best.midstates));
    }
    return candidates;
  }

  /// More of them hide what each waits for; fewer leave registers and caches to those that run.
  [[nodiscard]] std::vector<GpuCandidate> with_other_groups(const GpuCandidate& best) const {
    std::vector<GpuCandidate> candidates;
    OpenClSetting setting = *parse_opencl_setting(best.name);
    const std::uint32_t groups = setting.groups_per_unit;
    for (const std::uint32_t other : {groups / 2, groups * 2}) {
      if (other < 1 || other > kMostOpenClGroups) continue;
      setting.groups_per_unit = other;
      candidates.push_back(make(setting, best.midstates));
    }
    return candidates;
  }

 private:
  OpenClTarget target_;
};

}  // namespace

std::string to_string(const OpenClSetting& setting) {
  std::string text(setting.variant.name);
  for (const auto& [word, number] : {std::pair{kItems, setting.variant.group_size},
                                     {kGroups, setting.groups_per_unit},
                                     {kHashes, setting.hashes_per_item}}) {
    text += word;
    text += std::to_string(number);
  }
  return text;
}

std::optional<OpenClSetting> parse_opencl_setting(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(' '));
  const auto variants = kernels::opencl::variants();
  const auto variant = std::ranges::find(variants, name, &Variant::name);
  if (variant == variants.end()) return std::nullopt;
  OpenClSetting setting{.variant = *variant};
  text.remove_prefix(name.size());
  if (!take_number(text, kItems, kMostOpenClItems, setting.variant.group_size)) return std::nullopt;
  if (!take_number(text, kGroups, kMostOpenClGroups, setting.groups_per_unit)) return std::nullopt;
  if (!take_number(text, kHashes, kMostOpenClHashes, setting.hashes_per_item) || !text.empty()) return std::nullopt;
  return setting;
}

OpenClKernelUse use_of(const OpenClSetting& setting) {
  return {.variant = setting.variant,
          .groups_per_unit = setting.groups_per_unit,
          .hashes_per_item = setting.hashes_per_item};
}

OpenClSetting default_setting(const OpenClGpu& gpu, const Variant& variant) {
  return {.variant = variant,
          .groups_per_unit = std::min(OpenClSession::filling_groups(gpu, variant), kMostOpenClGroups),
          .hashes_per_item = variant.hashes_per_item};
}

std::vector<Variant> opencl_variants(const OpenClGpu& gpu) {
  const Flavour own = flavour_of(gpu);
  std::vector<Variant> variants;
  for (const Variant& variant : kernels::opencl::variants()) {
    if (variant.flavour == own || variant.flavour == Flavour::kPlain) variants.push_back(variant);
  }
  std::stable_partition(variants.begin(), variants.end(),
                        [&](const Variant& variant) { return variant.flavour == own; });
  if (gpu.is_cpu()) std::ranges::stable_sort(variants, std::ranges::greater(), &Variant::vector_width);
  return variants;
}

bool fits(const OpenClGpu& gpu, const OpenClSetting& setting) {
  const Variant& variant = setting.variant;
  const std::uint64_t schedules =
      variant.keys_in_local_memory ? std::uint64_t{kernels::opencl::chunk_unit(variant)} * kScheduleBytes : 0;
  return variant.group_size <= gpu.max_group_size && schedules + kOtherLocalBytes <= gpu.local_memory;
}

Result<GpuTuningPlan> opencl_plan(const OpenClTarget& target, bool rolling) {
  const auto candidates = std::make_shared<const Candidates>(target);
  GpuTuningPlan plan{.first = candidates->variants(rolling)};
  if (plan.first.empty()) return fail(Errc::kDevice, "the device has no room for a work-group of any kernel");
  using Refine = std::vector<GpuCandidate> (Candidates::*)(const GpuCandidate&) const;
  const auto add = [&](Refine refine) {
    plan.refinements.emplace_back(
        [candidates, refine](const GpuCandidate& best) { return ((*candidates).*refine)(best); });
  };
  // What needs no new program comes first.
  if (rolling) add(&Candidates::with_other_midstates);
  add(&Candidates::with_other_portions);
  add(&Candidates::with_other_groups);
  add(&Candidates::with_other_items);
  return plan;
}

}  // namespace lode::device
