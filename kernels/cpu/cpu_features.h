// Which instruction sets this CPU and its operating system offer. Pure values; usable from every thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lode::kernels {

enum class CpuFeature : std::uint8_t {
  kSsse3,
  kSse41,
  kAvx,  ///< 256-bit registers, saved by the operating system
  kAvx2,
  kAvx512F,  ///< 512-bit registers and mask registers, saved by the operating system
  kSha,      ///< the SHA extensions (SHA-NI)
  kNeon,     ///< 64-bit ARM: Advanced SIMD
  kSha2,     ///< 64-bit ARM: the SHA-256 instructions of the cryptographic extension
};
inline constexpr CpuFeature kAllCpuFeatures[] = {CpuFeature::kSsse3, CpuFeature::kSse41,   CpuFeature::kAvx,
                                                 CpuFeature::kAvx2,  CpuFeature::kAvx512F, CpuFeature::kSha,
                                                 CpuFeature::kNeon,  CpuFeature::kSha2};

/// As processor vendors print it: "AVX2", "SHA extensions".
std::string_view to_string(CpuFeature feature) noexcept;

/// A set of features.
class CpuFeatures {
 public:
  constexpr CpuFeatures() noexcept = default;
  template <class... Features>
  constexpr explicit CpuFeatures(CpuFeature first, Features... rest) noexcept : bits_(bit(first)) {
    ((bits_ |= bit(rest)), ...);
  }

  constexpr void add(CpuFeature feature) noexcept { bits_ |= bit(feature); }
  [[nodiscard]] constexpr bool has(CpuFeature feature) const noexcept { return (bits_ & bit(feature)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  /// Those of this set that `other` lacks.
  [[nodiscard]] constexpr CpuFeatures missing_from(CpuFeatures other) const noexcept {
    CpuFeatures missing;
    missing.bits_ = bits_ & ~other.bits_;
    return missing;
  }

  friend constexpr bool operator==(CpuFeatures, CpuFeatures) noexcept = default;

 private:
  static constexpr std::uint32_t bit(CpuFeature feature) noexcept {
    return std::uint32_t{1} << static_cast<std::uint32_t>(feature);
  }

  std::uint32_t bits_ = 0;
};

/// "SSE4.1, AVX2", in the order of the enumeration; "none" for the empty set.
std::string to_string(CpuFeatures features);

/// What this machine has. Empty on processors other than x86-64 and 64-bit ARM.
CpuFeatures detect_cpu_features() noexcept;

}  // namespace lode::kernels
