#include "host/chain/coinbase.h"

#include <fmt/format.h>

#include <stdexcept>

#include "host/base/endian.h"
#include "host/chain/compact_size.h"
#include "host/chain/consensus.h"
#include "host/chain/script.h"
#include "host/chain/witness_commitment.h"

namespace lode::chain {
namespace {

/// Longer scripts can never be spent.
constexpr std::size_t kMaxScriptBytes = 10'000;
/// Outputs beside the payout; a coinbase that needs more than a template's reserve of weight has other problems.
constexpr std::size_t kMaxExtraOutputs = 1'000;
constexpr std::size_t kVersionSize = 4;
constexpr std::size_t kLockTimeSize = 4;

/// Length of the script without the text and its push.
std::size_t script_length_without_text(const CoinbaseSpec& spec) {
  const std::size_t extranonce = spec.extranonce_size == 0 ? 0 : push_length(spec.extranonce_size);
  return height_push(spec.height).size() + extranonce + spec.aux_flags.size();
}

ByteView text_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<void> check_script_parts(const CoinbaseSpec& spec) {
  if (spec.extranonce_size > kMaxExtranonceSize) {
    return fail(Errc::kOutOfRange,
                fmt::format("extranonce of {} bytes, at most {} allowed", spec.extranonce_size, kMaxExtranonceSize));
  }
  const std::size_t fixed = script_length_without_text(spec);
  if (fixed > kMaxCoinbaseScript) {
    return fail(Errc::kOutOfRange,
                fmt::format("coinbase script of {} bytes even without text (flags take {}), at most {} allowed", fixed,
                            spec.aux_flags.size(), kMaxCoinbaseScript));
  }
  if (spec.text.size() > max_coinbase_text(spec)) {
    return fail(Errc::kOutOfRange, fmt::format("coinbase text of {} bytes, at most {} allowed here", spec.text.size(),
                                               max_coinbase_text(spec)));
  }
  return {};
}

Result<void> check_output_script(ByteView script) {
  if (script.empty()) return fail(Errc::kOutOfRange, "coinbase output without a script: anyone could take it");
  if (script.size() > kMaxScriptBytes) {
    return fail(Errc::kOutOfRange,
                fmt::format("coinbase output script of {} bytes, at most {} allowed", script.size(), kMaxScriptBytes));
  }
  return {};
}

/// All outputs in order. Errors: kOutOfRange.
Result<std::vector<TxOut>> make_outputs(const CoinbaseSpec& spec) {
  if (spec.value > kMaxMoney) {
    return fail(Errc::kOutOfRange, fmt::format("coinbase value of {} satoshi, more than will ever exist", spec.value));
  }
  if (spec.extra_outputs.size() > kMaxExtraOutputs) {
    return fail(Errc::kOutOfRange, fmt::format("{} extra coinbase outputs, at most {} allowed",
                                               spec.extra_outputs.size(), kMaxExtraOutputs));
  }
  std::uint64_t rest = spec.value;
  for (const TxOut& output : spec.extra_outputs) {
    if (output.value > rest) {
      return fail(Errc::kOutOfRange,
                  fmt::format("coinbase outputs exceed the coinbase value of {} satoshi", spec.value));
    }
    rest -= output.value;
  }
  std::vector<TxOut> outputs{{.value = rest, .script_pubkey = spec.payout_script}};
  outputs.insert(outputs.end(), spec.extra_outputs.begin(), spec.extra_outputs.end());
  if (spec.witness_commitment_script) {
    outputs.push_back({.value = 0, .script_pubkey = *spec.witness_commitment_script});
  }
  for (const TxOut& output : outputs) {
    if (auto checked = check_output_script(output.script_pubkey); !checked) return checked.error();
  }
  return outputs;
}

}  // namespace

std::size_t max_coinbase_text(const CoinbaseSpec& spec) noexcept {
  const std::size_t fixed = script_length_without_text(spec);
  const std::size_t room = fixed < kMaxCoinbaseScript ? kMaxCoinbaseScript - fixed : 0;
  std::size_t text = room;
  while (text > 0 && push_length(text) > room)
    --text;
  return text;
}

Result<CoinbaseParts> build_coinbase(const CoinbaseSpec& spec) {
  if (auto checked = check_script_parts(spec); !checked) return checked.error();
  auto outputs = make_outputs(spec);
  if (!outputs) return outputs.error();

  Bytes script_begin = height_push(spec.height);
  if (!spec.text.empty()) append_push(script_begin, text_bytes(spec.text));
  if (spec.extranonce_size != 0) script_begin.push_back(static_cast<std::uint8_t>(spec.extranonce_size));
  Bytes script_end = spec.aux_flags;
  while (script_begin.size() + spec.extranonce_size + script_end.size() < kMinCoinbaseScript) {
    script_end.push_back(opcode::kZero);
  }

  CoinbaseParts parts;
  append(parts.prefix, le_bytes(spec.version));
  append_compact_size(parts.prefix, 1);
  append(parts.prefix, Hash256{}.bytes);
  append(parts.prefix, le_bytes(kNullIndex));
  append_compact_size(parts.prefix, script_begin.size() + spec.extranonce_size + script_end.size());
  append(parts.prefix, script_begin);

  append(parts.suffix, script_end);
  append(parts.suffix, le_bytes(spec.sequence));
  append_compact_size(parts.suffix, outputs->size());
  for (const TxOut& output : *outputs) {
    append(parts.suffix, le_bytes(output.value));
    append_compact_size(parts.suffix, output.script_pubkey.size());
    append(parts.suffix, output.script_pubkey);
  }
  const std::uint32_t lock_time = spec.height == 0 ? 0 : spec.height - 1;
  append(parts.suffix, le_bytes(lock_time));
  return parts;
}

Bytes with_witness(ByteView coinbase_without_witness) {
  if (coinbase_without_witness.size() < kVersionSize + 2 + kLockTimeSize) {
    throw std::invalid_argument("with_witness: too short for a coinbase");
  }
  Bytes out;
  out.reserve(coinbase_without_witness.size() + 2 + 2 + kWitnessReservedValue.bytes.size());
  append(out, coinbase_without_witness.first(kVersionSize));
  append_compact_size(out, 0);  // marker
  append_compact_size(out, 1);  // flag
  append(out, coinbase_without_witness.subspan(kVersionSize,
                                               coinbase_without_witness.size() - kVersionSize - kLockTimeSize));
  append_compact_size(out, 1);  // one stack item
  append_compact_size(out, kWitnessReservedValue.bytes.size());
  append(out, kWitnessReservedValue.bytes);
  append(out, coinbase_without_witness.last(kLockTimeSize));
  return out;
}

bool is_bip54_coinbase(const Transaction& coinbase, std::uint32_t height) noexcept {
  return coinbase.is_coinbase() && height != 0 && coinbase.lock_time == height - 1 &&
         coinbase.inputs[0].sequence != 0xffffffff;
}

}  // namespace lode::chain
