// Which version bits may be rolled, and how rolled bits are told to a pool (BIP310, BIP320, BIP323).
//
// Pure functions; any thread.
#pragma once

#include <cstdint>

namespace lode::stratum::v1 {

/// The 16 bits of BIP320.
inline constexpr std::uint32_t kBip320Mask = 0x1fffe000;
/// The 24 bits of BIP323, which replaces it.
inline constexpr std::uint32_t kBip323Mask = 0x1fffffe0;

/// How a pool puts submitted bits and its job's version together. All agree while the job has no bit of the mask set;
/// with such bits no single submission suits both ends of this list.
enum class VersionBitsForm : std::uint8_t {
  kMasked,  ///< version & mask: what BIP310 asks for; right where the pool replaces or ORs
  kChange,  ///< version ^ job version: right where the pool XORs or ORs
};

/// What of the pool's `answered` mask is used, having asked for `wanted`: never more than was asked for, nor than
/// BIP323 frees. Bits 29 to 31 say that the other bits are signals at all (BIP9) and stay as they are.
[[nodiscard]] constexpr std::uint32_t clamp_mask(std::uint32_t answered, std::uint32_t wanted) noexcept {
  return answered & wanted & kBip323Mask;
}

/// The bits to roll for a job: those of the mask that its version has clear. Only with these do pools that replace, OR
/// or XOR agree.
[[nodiscard]] constexpr std::uint32_t rollable_mask(std::uint32_t mask, std::uint32_t job_version) noexcept {
  return mask & ~job_version;
}

/// `version` differs from the job's in bits of `mask` only.
[[nodiscard]] constexpr bool is_within_mask(std::uint32_t version, std::uint32_t job_version,
                                            std::uint32_t mask) noexcept {
  return ((version ^ job_version) & ~mask) == 0;
}

/// The sixth parameter of mining.submit.
[[nodiscard]] constexpr std::uint32_t submitted_bits(std::uint32_t version, std::uint32_t job_version,
                                                     std::uint32_t mask, VersionBitsForm form) noexcept {
  return form == VersionBitsForm::kMasked ? version & mask : version ^ job_version;
}

}  // namespace lode::stratum::v1
