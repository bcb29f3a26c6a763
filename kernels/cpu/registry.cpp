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
    {.name = "avx512_x32",
     .description = "AVX-512, first and second hash interleaved, 16 + 16 lanes",
     .streams = 32,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kAvx512F},
     .scan = scan_with<avx512_x32_block>},
    {.name = "avx512_x16",
     .description = "AVX-512, 16 lanes",
     .streams = 16,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kAvx512F},
     .scan = scan_with<avx512_x16_block>},
    {.name = "shani_x6",
     .description = "SHA extensions, first and second hash interleaved, 3 + 3 streams",
     .streams = 6,
     .max_midstates = kMaxMidstates,
     .required = kShaNi,
     .scan = scan_with<shani_x6_block>},
    {.name = "shani_x4",
     .description = "SHA extensions, first and second hash interleaved, 2 + 2 streams",
     .streams = 4,
     .max_midstates = kMaxMidstates,
     .required = kShaNi,
     .scan = scan_with<shani_x4_block>},
    {.name = "shani_x2",
     .description = "SHA extensions, 2 streams; several midstates: 1 + 1",
     .streams = 2,
     .max_midstates = kMaxMidstates,
     .required = kShaNi,
     .scan = scan_with<shani_x2_block>},
    {.name = "avx2_x16",
     .description = "AVX2, first and second hash interleaved, 8 + 8 lanes",
     .streams = 16,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kAvx2},
     .scan = scan_with<avx2_x16_block>},
    {.name = "avx2_x8",
     .description = "AVX2, 8 lanes",
     .streams = 8,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kAvx2},
     .scan = scan_with<avx2_x8_block>},
    {.name = "sse41_x4",
     .description = "SSE4.1, 4 lanes",
     .streams = 4,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kSse41},
     .scan = scan_with<sse41_x4_block>},
#endif
#if defined(__aarch64__)
    {.name = "armv8_x4",
     .description = "SHA2 instructions, 4 streams",
     .streams = 4,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kSha2},
     .scan = scan_with<armv8_x4_block>},
    {.name = "armv8_x2",
     .description = "SHA2 instructions, 2 streams",
     .streams = 2,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kSha2},
     .scan = scan_with<armv8_x2_block>},
    {.name = "neon_x8",
     .description = "NEON, first and second hash interleaved, 4 + 4 lanes",
     .streams = 8,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kNeon},
     .scan = scan_with<neon_x8_block>},
    {.name = "neon_x4",
     .description = "NEON, 4 lanes",
     .streams = 4,
     .max_midstates = kMaxMidstates,
     .required = CpuFeatures{CpuFeature::kNeon},
     .scan = scan_with<neon_x4_block>},
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
