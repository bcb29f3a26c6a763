// What a node's answer to submitblock (or to a proposal) means: BIP22's short words, explained.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "host/work/sink.h"

namespace lode::node {

/// How a word is to be read.
struct RejectMeaning {
  enum class Kind {
    kRejected,     ///< the block breaks a rule
    kStale,        ///< its place is taken
    kKnown,        ///< the node has it already: look where (getblockheader)
    kUnavailable,  ///< the node cannot say yet: try again
  };
  Kind kind = Kind::kRejected;
  std::string reason;       ///< the node's word, without a prefix such as bcoin's "rejected: "
  std::string explanation;  ///< a sentence: what it means and what to do
};

/// Finds the known word anywhere sensible in what the node said. Text that holds none is a rejection with that text.
RejectMeaning explain_reject(std::string_view said);

}  // namespace lode::node
