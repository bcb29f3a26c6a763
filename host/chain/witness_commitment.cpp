#include "host/chain/witness_commitment.h"

#include <algorithm>

#include "host/chain/merkle.h"

namespace lode::chain {

Hash256 witness_root(std::span<const Hash256> wtxids_without_coinbase) {
  return root_from_branch(Hash256{}, coinbase_branch(wtxids_without_coinbase));
}

Hash256 witness_commitment(std::span<const Hash256> wtxids_without_coinbase, const Hash256& reserved_value) {
  return sha256d(witness_root(wtxids_without_coinbase), reserved_value);
}

Bytes witness_commitment_script(const Hash256& commitment) {
  Bytes script(kWitnessCommitmentPrefix.begin(), kWitnessCommitmentPrefix.end());
  append(script, commitment.bytes);
  return script;
}

std::optional<Hash256> find_witness_commitment(const Transaction& coinbase) {
  for (auto output = coinbase.outputs.rbegin(); output != coinbase.outputs.rend(); ++output) {
    const Bytes& script = output->script_pubkey;
    if (script.size() < kWitnessCommitmentScriptSize) continue;
    if (!std::equal(kWitnessCommitmentPrefix.begin(), kWitnessCommitmentPrefix.end(), script.begin())) continue;
    Hash256 commitment;
    const ByteView found = ByteView(script).subspan(kWitnessCommitmentPrefix.size(), commitment.bytes.size());
    std::copy(found.begin(), found.end(), commitment.bytes.begin());
    return commitment;
  }
  return std::nullopt;
}

}  // namespace lode::chain
