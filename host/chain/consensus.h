// Numbers of the consensus rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "host/chain/network.h"

namespace lode::chain {

inline constexpr std::uint64_t kCoin = 100'000'000;               ///< satoshi
inline constexpr std::uint64_t kMaxMoney = 21'000'000 * kCoin;    ///< satoshi
inline constexpr std::size_t kMaxBlockWeight = 4'000'000;         ///< BIP141
inline constexpr std::size_t kMaxBlockBytes = 4'000'000;          ///< serialised with witness: weight is never less
inline constexpr std::size_t kWitnessScale = 4;                   ///< weight of a byte outside the witness
inline constexpr std::uint32_t kMaxSigopCost = 80'000;            ///< BIP141
inline constexpr std::uint32_t kCoinbaseMaturity = 100;           ///< blocks
inline constexpr std::uint32_t kMaxFutureSeconds = 7'200;         ///< how far a header's time may run ahead
inline constexpr std::size_t kMedianTimeSpan = 11;                ///< blocks
inline constexpr std::uint32_t kLockTimeThreshold = 500'000'000;  ///< lock times from here on are seconds, not heights

/// Blocks between two halvings of the subsidy: 210000, on regtest 150.
[[nodiscard]] constexpr std::uint32_t halving_interval(Network network) noexcept {
  return network == Network::kRegtest ? 150U : 210'000U;
}

/// The highest target the network allows, compact.
[[nodiscard]] std::uint32_t highest_bits(Network network) noexcept;

/// Satoshi that a block at `height` creates. `interval` is at least 1.
[[nodiscard]] constexpr std::uint64_t block_subsidy(std::uint32_t height, std::uint32_t interval) noexcept {
  const std::uint32_t halvings = height / interval;
  return halvings >= 64 ? 0 : (50 * kCoin) >> halvings;
}

/// Median of the times of the last 11 blocks (fewer at the start of a chain), in any order; 0 for none. A block's time
/// must be above it (BIP113 names it median time past). Only the last 11 of `times` count.
[[nodiscard]] std::uint32_t median_time_past(std::span<const std::uint32_t> times) noexcept;

}  // namespace lode::chain
