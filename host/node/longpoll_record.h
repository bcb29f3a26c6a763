// Remembers from one run to the next that a longpoll was left open at a node.
//
// Io thread. Implemented by whoever knows where such things are kept.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "host/chain/hash256.h"

namespace lode::node {

/// A longpoll whose answer nobody waited for.
struct OpenLongpoll {
  std::optional<chain::Hash256> tip;           ///< that it waits to be replaced; nothing: not known
  std::string id;                              ///< its longpollid (BIP22)
  std::chrono::system_clock::time_point sent;  ///< or later
};

class LongpollRecord {
 public:
  virtual ~LongpollRecord() = default;

  /// What an earlier run left; nothing where it left none or nobody can tell.
  [[nodiscard]] virtual std::optional<OpenLongpoll> load() = 0;
  /// Replaces what is remembered. Outlives the process, not the machine. Rare: some times in a run.
  virtual void save(const OpenLongpoll& open) = 0;
  virtual void clear() = 0;
};

}  // namespace lode::node
