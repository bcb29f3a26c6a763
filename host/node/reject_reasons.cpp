#include "host/node/reject_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "host/node/rpc_fault.h"

namespace lode::node {
namespace {

using Meaning = RejectMeaning::Kind;

struct Word {
  std::string_view word;
  Meaning meaning;
  std::string_view explanation;
};

constexpr std::string_view kOurFault = "This is a fault of lode or of its template source: please report it";

// A word that contains another stands before it.
constexpr std::array kWords{
    Word{"inconclusive-not-best-prevblk", Meaning::kStale,
         "The block does not build on the node's best block any more."},
    Word{"duplicate-inconclusive", Meaning::kKnown, "The node has this block and has not fully checked it."},
    Word{"duplicate-invalid", Meaning::kRejected, "The node has seen this block before and found it invalid."},
    Word{"duplicate", Meaning::kKnown, "The node has this block already."},
    Word{"inconclusive", Meaning::kKnown, "The block is not in the node's best chain, or not checked yet."},
    Word{"stale-prevblk", Meaning::kStale, "The block builds on one that is not the best any more."},
    Word{"stale-work", Meaning::kStale, "The work was out of date."},
    Word{"stale", Meaning::kStale, "The block came too late."},
    Word{"prev-blk-not-found", Meaning::kUnavailable, "The node does not have the block before this one (yet)."},
    Word{"bad-prevblk", Meaning::kRejected, "The node holds the block before this one for invalid."},
    Word{"high-hash", Meaning::kRejected, "The block's hash is above the target: its proof of work is not enough."},
    Word{"bad-diffbits", Meaning::kRejected,
         "The header's difficulty is not the one the node demands; on a test network it may have changed with the "
         "time."},
    Word{"bad-txnmrklroot", Meaning::kRejected, "The header's merkle root is not that of the block's transactions."},
    Word{"bad-txns-duplicate", Meaning::kRejected, "A transaction is in the block twice."},
    Word{"bad-txns-inputs-missingorspent", Meaning::kRejected,
         "A transaction spends an output that does not exist any more."},
    Word{"bad-txns-nonfinal", Meaning::kRejected, "A transaction's lock time lies in the future."},
    Word{"bad-txns-vin-empty", Meaning::kRejected, "A transaction has no inputs."},
    Word{"bad-txns", Meaning::kRejected, "A transaction of the block is invalid."},
    Word{"mandatory-script-verify-flag-failed", Meaning::kRejected, "A transaction's signature or script is invalid."},
    Word{"block-script-verify-flag-failed", Meaning::kRejected, "A transaction's signature or script is invalid."},
    Word{"bad-cb-height", Meaning::kRejected, "The coinbase does not begin with the block's height (BIP34)."},
    Word{"bad-cb-amount", Meaning::kRejected, "The coinbase pays out more than subsidy and fees."},
    Word{"bad-cb-length", Meaning::kRejected,
         "The coinbase script is not 2 to 100 bytes long: a shorter --coinbase-text may help."},
    Word{"bad-cb-missing", Meaning::kRejected, "The block's first transaction is no coinbase."},
    Word{"bad-cb-multiple", Meaning::kRejected, "The block has a second coinbase."},
    Word{"bad-cb-flag", Meaning::kRejected, "The coinbase lacks bytes that the node wants in it (coinbaseaux)."},
    Word{"bad-cb-prefix", Meaning::kRejected, "The coinbase was changed in more than what may be appended."},
    Word{"bad-witness-merkle-match", Meaning::kRejected,
         "The witness commitment is not that of the block's transactions."},
    Word{"bad-witness-merkle-size", Meaning::kRejected,
         "The coinbase's witness reserved value is missing or malformed."},
    Word{"bad-witness-nonce-size", Meaning::kRejected,
         "The coinbase's witness reserved value is missing or malformed."},
    Word{"unexpected-witness", Meaning::kRejected,
         "The block has witness data without a commitment to it, or segwit is not active."},
    Word{"bad-version", Meaning::kRejected,
         "The node does not accept the header's version: mining with --no-version-rolling may help."},
    Word{"version-invalid", Meaning::kRejected, "The node does not accept the header's version."},
    Word{"time-too-old", Meaning::kRejected, "The header's time is not after the median of the last 11 blocks."},
    Word{"time-too-new", Meaning::kUnavailable,
         "The header's time is over two hours ahead of the node, which takes the block once its clock has caught up: "
         "compare the clocks of both computers."},
    Word{"time-invalid", Meaning::kRejected, "The node does not accept the header's time."},
    Word{"bad-blk-weight", Meaning::kRejected,
         "The block is too heavy: lower the node's blockmaxweight or raise its blockreservedweight."},
    Word{"bad-blk-length", Meaning::kRejected, "The block has too many bytes or no transactions."},
    Word{"bad-blk-sigops", Meaning::kRejected, "The block has too many signature operations."},
    Word{"bad-fork-prior-to-checkpoint", Meaning::kRejected, "The block lies before one of the node's checkpoints."},
    Word{"bad-signet-blksig", Meaning::kRejected, "The block lacks the signature of the signet's operators."},
    Word{"bad-coinbase", Meaning::kRejected, "The coinbase is invalid."},
};

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// The word on its own: not as a part of a longer one.
bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_character(text[at - 1])) && (end == text.size() || !is_word_character(text[end]))) {
      return true;
    }
  }
  return false;
}

std::string_view without_prefix(std::string_view said) {
  constexpr std::string_view kPrefix = "rejected: ";
  while (said.starts_with(kPrefix))
    said.remove_prefix(kPrefix.size());
  return said;
}

}  // namespace

RejectMeaning explain_reject(std::string_view said) {
  // bcoin says this of a block whose parent it does not have; without the prefix it means an invalid parent.
  if (said == "rejected: bad-prevblk") {
    return {Meaning::kKnown, "bad-prevblk", "The node does not have the block before this one (yet)."};
  }
  const std::string reason = printable(without_prefix(said), 200);
  const auto found =
      std::find_if(kWords.begin(), kWords.end(), [&reason](const Word& word) { return has_word(reason, word.word); });
  if (found == kWords.end()) {
    const std::string text = reason.empty() || reason == "rejected" ? "without saying why" : "\"" + reason + "\"";
    return {Meaning::kRejected, reason.empty() ? "rejected" : reason,
            fmt::format("The node refused the block: {}.", text)};
  }
  std::string explanation(found->explanation);
  const bool layout = found->word.starts_with("bad-cb-height") || found->word.starts_with("bad-txnmrklroot") ||
                      found->word.starts_with("bad-witness") || found->word == "high-hash";
  if (found->meaning == Meaning::kRejected && layout) explanation += fmt::format(" {}.", kOurFault);
  return {found->meaning, reason, std::move(explanation)};
}

}  // namespace lode::node
