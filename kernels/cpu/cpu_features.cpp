#include "kernels/cpu/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace lode::kernels {

std::string_view to_string(CpuFeature feature) noexcept {
  switch (feature) {
    case CpuFeature::kSsse3:
      return "SSSE3";
    case CpuFeature::kSse41:
      return "SSE4.1";
    case CpuFeature::kAvx:
      return "AVX";
    case CpuFeature::kAvx2:
      return "AVX2";
    case CpuFeature::kAvx512F:
      return "AVX-512F";
    case CpuFeature::kSha:
      return "SHA extensions";
    case CpuFeature::kNeon:
      return "NEON";
    case CpuFeature::kSha2:
      return "SHA2 instructions";
  }
  return "?";
}

std::string to_string(CpuFeatures features) {
  std::string text;
  for (const CpuFeature feature : kAllCpuFeatures) {
    if (!features.has(feature)) continue;
    if (!text.empty()) text += ", ";
    text += to_string(feature);
  }
  return text.empty() ? "none" : text;
}

#if defined(__x86_64__)

namespace {

struct Registers {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
};

/// CPUID of a leaf; zeros where the CPU has no such leaf.
Registers cpuid(std::uint32_t leaf) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

/// Which register states the operating system saves (extended control register 0). Only where CPUID reports OSXSAVE.
std::uint32_t saved_states() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr bool bit(std::uint32_t word, int index) noexcept {
  return ((word >> index) & 1U) != 0;
}

}  // namespace

// Bits: Intel SDM volume 2A, CPUID leaves 1 and 7; volume 1, 13.3 (XCR0).
CpuFeatures detect_cpu_features() noexcept {
  CpuFeatures features;
  const Registers basic = cpuid(1);
  const Registers extended = cpuid(7);
  if (bit(basic.c, 9)) features.add(CpuFeature::kSsse3);
  if (bit(basic.c, 19)) features.add(CpuFeature::kSse41);
  if (bit(extended.b, 29)) features.add(CpuFeature::kSha);
  constexpr std::uint32_t kXmmAndYmm = 0b110;
  constexpr std::uint32_t kMasksAndZmm = 0b1110'0000;
  const std::uint32_t saved = bit(basic.c, 27) ? saved_states() : 0;
  const bool ymm_saved = (saved & kXmmAndYmm) == kXmmAndYmm;
  if (ymm_saved && bit(basic.c, 28)) {
    features.add(CpuFeature::kAvx);
    if (bit(extended.b, 5)) features.add(CpuFeature::kAvx2);
    if (bit(extended.b, 16) && (saved & kMasksAndZmm) == kMasksAndZmm) features.add(CpuFeature::kAvx512F);
  }
  return features;
}

#elif defined(__aarch64__)

// The kernel's word for it (Linux, Documentation/arm64/elf_hwcaps.rst): the identification registers are not for
// programs to read, and it counts the big and little cores of one machine together.
CpuFeatures detect_cpu_features() noexcept {
  const unsigned long capabilities = getauxval(AT_HWCAP);
  CpuFeatures features;
  if ((capabilities & HWCAP_ASIMD) != 0) features.add(CpuFeature::kNeon);
  if ((capabilities & HWCAP_SHA2) != 0) features.add(CpuFeature::kSha2);
  return features;
}

#else

CpuFeatures detect_cpu_features() noexcept {
  return {};
}

#endif

}  // namespace lode::kernels
