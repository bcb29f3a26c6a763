// Reads a getblocktemplate reply while it arrives.
//
// All but the transactions becomes an ordinary JSON value. The transactions, nearly all of the reply, are decoded on
// the fly into the serialised form that a block has, so that when the last byte is there nothing is left to do for them
// and no text of theirs is kept.
//
// Used by one coroutine at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"
#include "host/node/reply_parser.h"

namespace lode::node {

/// The transactions of a template, one row each in parallel vectors.
struct TemplateTransactions {
  struct Row {
    std::uint32_t size = 0;               ///< bytes in `data`
    std::optional<std::uint32_t> weight;  ///< as the node says
    std::optional<std::uint32_t> sigops;
  };
  std::vector<chain::Hash256> txids;
  std::vector<chain::Hash256> wtxids;  ///< the field "hash"
  std::vector<Row> rows;
  Bytes data;  ///< serialisations, one after another
};

/// Most transactions that are read: no block can hold more, at 60 bytes the smallest.
inline constexpr std::size_t kMaxTemplateTransactions = 17'000;

class TemplateStream final : public ReplyParser {
 public:
  TemplateStream();
  ~TemplateStream() override;

  void reset() override;
  Result<void> write(std::string_view piece) override;
  /// The whole reply, in which "transactions" is an empty array. Errors also name a transaction's faulty field, and a
  /// key that occurs twice.
  Result<boost::json::value> finish() override;

  /// After finish(), once.
  TemplateTransactions take_transactions();

 private:
  struct Handler;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lode::node
