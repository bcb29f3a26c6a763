// Where found blocks go.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "host/work/found_block.h"

namespace lode::work {

/// What a sink says of a block.
struct BlockOutcome {
  enum class Kind {
    kAccepted,     ///< it is in this sink's best chain
    kStale,        ///< valid or not, its place is taken for good: another block is there
    kRejected,     ///< breaks a rule; `detail` has the reject string and what it means
    kUnavailable,  ///< no answer that can be relied on: try again
  };
  Kind kind = Kind::kUnavailable;
  std::string reason;  ///< the sink's own short word, such as "bad-txnmrklroot"; empty when accepted
  std::string detail;  ///< a sentence for people: what it means and what to do
};

/// Where a sink has a block.
enum class BlockPlace {
  kBestChain,
  kBranch,
  kNowhere,  ///< or it may not tell: it is not in the best chain
};

class BlockSink {
 public:
  virtual ~BlockSink() = default;

  [[nodiscard]] virtual const std::string& name() const noexcept = 0;

  /// False when what it accepts dies with this process, so that a journal would be of no use.
  [[nodiscard]] virtual bool outlives_process() const noexcept = 0;

  /// One attempt, bounded in time. A block that the sink already has is judged by where it is: in the best chain means
  /// kAccepted, on a side branch kStale.
  virtual boost::asio::awaitable<BlockOutcome> submit_block(FoundBlock block) = 0;

  /// Where a block is that the sink once had in its best chain; nothing: it does not tell now. One attempt, bounded in
  /// time. What forgets nothing need not look.
  virtual boost::asio::awaitable<std::optional<BlockPlace>> find_block(chain::Hash256 /*hash*/,
                                                                       std::uint32_t /*height*/) {
    co_return BlockPlace::kBestChain;
  }
};

}  // namespace lode::work
