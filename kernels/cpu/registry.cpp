#include "kernels/cpu/registry.h"

#include <algorithm>

#include "kernels/cpu/block_functions.h"
#include "kernels/cpu/block_scan.h"

namespace lode::kernels {
namespace {

template <BlockFunction kBlock>
ScanResult scan_with(const ScanJob& job, NonceRange range, std::span<Hit> hits) noexcept {
  return scan_in_blocks(job, range, hits, kBlock);
}

#if defined(__x86_64__)
/// The SHA kernels are compiled with AVX's encoding of the 128-bit instructions around the SHA ones.
constexpr CpuFeatures kShaNi{CpuFeature::kSsse3, CpuFeature::kSse41, CpuFeature::kAvx, CpuFeature::kSha};
#endif

constexpr Kernel kKernels[] = {
#if defined(__x86_64__)
    {.name = "shani_x6",
     .description = "SHA extensions, first and second hash interleaved, 3 + 3 streams",
     .streams = 6,
     .max_midstates = 1,
     .required = kShaNi,
     .scan = scan_with<shani_x6_block>},
    {.name = "shani_x4",
     .description = "SHA extensions, first and second hash interleaved, 2 + 2 streams",
     .streams = 4,
     .max_midstates = 1,
     .required = kShaNi,
     .scan = scan_with<shani_x4_block>},
    {.name = "shani_x2",
     .description = "SHA extensions, 2 streams",
     .streams = 2,
     .max_midstates = 1,
     .required = kShaNi,
     .scan = scan_with<shani_x2_block>},
    {.name = "avx2_x8",
     .description = "AVX2, 8 lanes",
     .streams = 8,
     .max_midstates = 1,
     .required = CpuFeatures{CpuFeature::kAvx2},
     .scan = scan_with<avx2_x8_block>},
#endif
    {.name = "scalar",
     .description = "portable C++",
     .streams = 1,
     .max_midstates = 1,
     .required = {},
     .scan = scan_with<scalar_block>},
};

}  // namespace

std::span<const Kernel> kernels() noexcept {
  return kKernels;
}

const Kernel* find_kernel(std::string_view name) noexcept {
  const auto found = std::ranges::find(kKernels, name, &Kernel::name);
  return found == std::end(kKernels) ? nullptr : found;
}

bool usable(const Kernel& kernel, CpuFeatures features) noexcept {
  return kernel.required.missing_from(features).empty();
}

std::optional<std::string> why_unusable(const Kernel& kernel, CpuFeatures features) {
  const CpuFeatures missing = kernel.required.missing_from(features);
  if (missing.empty()) return std::nullopt;
  return "the CPU has no " + to_string(missing);
}

const Kernel& best_kernel(CpuFeatures features) noexcept {
  const auto found = std::ranges::find_if(kKernels, [&](const Kernel& kernel) { return usable(kernel, features); });
  return found == std::end(kKernels) ? kKernels[std::size(kKernels) - 1] : *found;
}

}  // namespace lode::kernels
