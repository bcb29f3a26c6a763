// Says that a longpoll was left open at a node, so that the next run does not send one more beside it.
//
//   <folder>/longpolls/<node>.txt   one "name: value" a line; there only while one is, or may be, open
//
// Any one thread at a time. Runs that share the folder and the node overwrite each other's, which costs a longpoll.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "host/base/result.h"
#include "host/chain/hash256.h"

namespace lode::store {

struct LeftLongpoll {
  std::optional<chain::Hash256> tip;           ///< that it waits to be replaced; nothing: not known
  std::string id;                              ///< the node's longpollid; any characters, empty without a tip
  std::chrono::system_clock::time_point sent;  ///< whole seconds are kept
};

class LongpollFile {
 public:
  /// `folder` is the state folder; nothing is made there before save(). `node` is its name: "127.0.0.1:8332".
  LongpollFile(const std::filesystem::path& folder, const std::string& node);

  /// What is there; nothing where there is no file. Of one that is damaged only that there is one: no tip.
  [[nodiscard]] std::optional<LeftLongpoll> load() const;

  /// Replaces the file. Errors: kStore.
  [[nodiscard]] Result<void> save(const LeftLongpoll& left) const;

  /// Removes it; one that is gone is no error. Errors: kStore.
  [[nodiscard]] Result<void> clear() const;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace lode::store
