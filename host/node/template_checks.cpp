#include "host/node/template_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/chain/compact_size.h"
#include "host/chain/consensus.h"
#include "host/chain/transaction.h"
#include "host/chain/witness_commitment.h"

namespace lode::node {
namespace {

constexpr std::size_t kHeaderSize = 80;
constexpr std::size_t kCoinbaseWitnessWeight = 36;  ///< marker, flag, one item of 32 bytes

/// Weight of everything in the block but the listed transactions.
std::uint64_t own_weight(const work::WorkTemplate& work) {
  const std::size_t coinbase =
      work.coinbase_prefix.size() + work.extranonce1.size() + work.extranonce2_size + work.coinbase_suffix.size();
  const std::size_t count = work.body->transaction_count + 1;
  const std::size_t count_size = count < 0xfd ? 1 : 3;
  return chain::kWitnessScale * (kHeaderSize + count_size + coinbase) +
         (work.body->coinbase_has_witness ? kCoinbaseWitnessWeight : 0);
}

}  // namespace

Result<void> TemplateCheck::check_transaction(ByteView data) {
  const auto wrong = [this](std::string_view what) {
    return fail(Errc::kInvalidBlock, fmt::format("getblocktemplate: transaction {}: {}", next_, what));
  };
  const auto transaction = chain::Transaction::parse(data);
  if (!transaction) return wrong(transaction.error().message());
  if (transaction->is_coinbase()) return wrong("a second coinbase");
  if (transaction->txid() != input_->txids[next_]) return wrong("its data does not have the stated txid");
  if (chain::sha256d(data) != input_->wtxids[next_]) return wrong("its data does not have the stated hash");
  if (transaction->has_witness() && !input_->witness_commitment) {
    return wrong("it has a witness, but the template has no witness commitment");
  }
  const TemplateTransactions::Row& row = input_->rows[next_];
  const std::size_t weight = transaction->weight();
  if (row.weight && *row.weight != weight) {
    return wrong(fmt::format("stated weight {}, but it weighs {}", *row.weight, weight));
  }
  weight_ += weight;
  sigops_ += row.sigops.value_or(0);
  return {};
}

Result<void> TemplateCheck::check_totals() const {
  const std::uint64_t weight = weight_ + own_weight(*input_->work);
  if (weight > input_->weight_limit) {
    return fail(Errc::kInvalidBlock,
                fmt::format("getblocktemplate: with lode's coinbase the block weighs {}, {} allowed: lower the node's "
                            "blockmaxweight or raise its blockreservedweight",
                            weight, input_->weight_limit));
  }
  if (sigops_ > input_->sigop_limit) {
    return fail(Errc::kInvalidBlock,
                fmt::format("getblocktemplate: {} signature operations, {} allowed", sigops_, input_->sigop_limit));
  }
  std::vector<chain::Hash256> sorted = input_->txids;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return fail(Errc::kInvalidBlock, "getblocktemplate: a transaction is listed twice");
  }
  if (input_->witness_commitment) {
    const Bytes expected = chain::witness_commitment_script(chain::witness_commitment(input_->wtxids));
    const Bytes& stated = *input_->witness_commitment;
    if (stated.size() < expected.size() || !std::equal(expected.begin(), expected.end(), stated.begin())) {
      return fail(Errc::kInvalidBlock,
                  "getblocktemplate: default_witness_commitment does not fit the listed transactions");
    }
  }
  return {};
}

Result<bool> TemplateCheck::step(std::size_t bytes) {
  const Bytes& data = input_->work->body->transactions;
  const std::size_t until = offset_ + bytes;
  while (next_ < input_->rows.size() && offset_ < until) {
    const std::size_t size = input_->rows[next_].size;
    if (size > data.size() - offset_) return fail(Errc::kInvalidBlock, "getblocktemplate: transactions are cut short");
    if (auto checked = check_transaction(ByteView(data).subspan(offset_, size)); !checked) return checked.error();
    offset_ += size;
    ++next_;
  }
  if (next_ < input_->rows.size()) return false;
  if (auto checked = check_totals(); !checked) return checked.error();
  return true;
}

}  // namespace lode::node
