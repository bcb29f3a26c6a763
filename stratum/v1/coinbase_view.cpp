#include "stratum/v1/coinbase_view.h"

#include <algorithm>
#include <limits>

#include "host/base/hex.h"
#include "host/chain/address.h"
#include "host/chain/script.h"
#include "host/chain/transaction.h"
#include "host/chain/witness_commitment.h"
#include "host/work/header_builder.h"

namespace lode::stratum::v1 {
namespace {

/// Shorter runs of readable bytes are chance.
constexpr std::size_t kShortestRun = 4;

std::string readable_runs(ByteView script) {
  std::string tag;
  std::string run;
  const auto end_run = [&] {
    if (run.size() >= kShortestRun) {
      if (!tag.empty()) tag += ' ';
      tag += run;
    }
    run.clear();
  };
  for (const std::uint8_t byte : script) {
    if (byte >= 0x20 && byte < 0x7f) {
      run += static_cast<char>(byte);
    } else {
      end_run();
    }
  }
  end_run();
  return tag;
}

/// Bytes that the push of the height takes, so that the tag does not read them.
std::size_t height_length(ByteView script) noexcept {
  if (script.empty() || script[0] > 5) return script.empty() ? 0 : 1;
  return std::min<std::size_t>(script.size(), std::size_t{script[0]} + 1);
}

}  // namespace

std::optional<std::uint32_t> read_height(ByteView script) noexcept {
  if (script.empty()) return std::nullopt;
  const std::uint8_t first = script[0];
  if (first == chain::opcode::kZero) return 0;
  if (first >= chain::opcode::kOne && first <= chain::opcode::kSixteen) return first - chain::opcode::kOne + 1U;
  if (first > 5 || script.size() <= first) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = first; i >= 1; --i)
    number = (number << 8) | script[i];
  const bool negative = (script[first] & 0x80) != 0;
  if (negative || number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::uint64_t CoinbaseView::paid_to(ByteView script) const noexcept {
  std::uint64_t sum = 0;
  for (const CoinbaseOutput& output : outputs) {
    if (!std::equal(script.begin(), script.end(), output.script.begin(), output.script.end())) continue;
    sum = output.value > std::numeric_limits<std::uint64_t>::max() - sum ? std::numeric_limits<std::uint64_t>::max()
                                                                         : sum + output.value;
  }
  return sum;
}

Result<CoinbaseView> view_coinbase(ByteView transaction) {
  auto parsed = chain::Transaction::parse(transaction);
  if (!parsed) return Error{parsed.error().code, "coinbase: " + parsed.error().message()};
  if (!parsed->is_coinbase()) return fail(Errc::kMalformed, "coinbase: it spends an output of a transaction");
  CoinbaseView view;
  view.witness_commitment = chain::find_witness_commitment(*parsed);
  view.lock_time = parsed->lock_time;
  const ByteView script(parsed->inputs.front().script_sig);
  view.height = read_height(script);
  view.tag = readable_runs(script.subspan(height_length(script)));
  view.outputs.reserve(parsed->outputs.size());
  for (chain::TxOut& output : parsed->outputs) {
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - view.total;
    view.total += std::min(room, output.value);
    view.outputs.push_back({output.value, std::move(output.script_pubkey)});
  }
  return view;
}

Result<CoinbaseView> view_coinbase(const work::WorkTemplate& work) {
  return view_coinbase(work::coinbase_without_witness(work, 0));
}

std::string payee_name(const CoinbaseOutput& output, chain::Network network) {
  auto address = chain::encode_address(output.script, network);
  return address ? *address : to_hex(output.script);
}

}  // namespace lode::stratum::v1
