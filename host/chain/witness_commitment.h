// How a coinbase commits to the witnesses of its block (BIP141).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"
#include "host/chain/transaction.h"

namespace lode::chain {

/// OP_RETURN, push of 36 bytes, the four marker bytes; the commitment follows.
inline constexpr std::array<std::uint8_t, 6> kWitnessCommitmentPrefix{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
inline constexpr std::size_t kWitnessCommitmentScriptSize = kWitnessCommitmentPrefix.size() + 32;

/// The reserved value that lode's coinbases carry, and nearly everybody's: zeros.
inline constexpr Hash256 kWitnessReservedValue{};

/// Root of the witness tree: `wtxids` of the transactions after the coinbase, which itself counts as 32 zero bytes.
Hash256 witness_root(std::span<const Hash256> wtxids_without_coinbase);

/// sha256d(witness root, reserved value)
Hash256 witness_commitment(std::span<const Hash256> wtxids_without_coinbase,
                           const Hash256& reserved_value = kWitnessReservedValue);

/// The output script that carries it (38 bytes).
Bytes witness_commitment_script(const Hash256& commitment);

/// The commitment of the last output that has one; an output may go on after the 38 bytes.
std::optional<Hash256> find_witness_commitment(const Transaction& coinbase);

}  // namespace lode::chain
