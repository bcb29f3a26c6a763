// Blocks that a node has accepted, kept for a while: a node that is killed loses what it took since its last flush.
//
//   <folder>/<height>-<hash>.block   raw; the newest kMost, kMostBytes of them, until they are buried and old
//
// One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <utility>
#include <vector>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/store/block_name.h"

namespace lode::store {

class AcceptedBlocks {
 public:
  using Time = std::chrono::system_clock::time_point;

  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;
  /// Blocks below the tip by more than this are everywhere, and a node has flushed after two hours: Bitcoin Core does
  /// so each hour.
  static constexpr std::uint32_t kBuried = 6;
  static constexpr std::chrono::hours kFlushed{2};

  explicit AcceptedBlocks(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Takes stock of the folder, which need not be there. Call first.
  void load();

  /// Takes a block's file over. Errors: kStore; then the file is where it was.
  Result<void> adopt(const std::filesystem::path& file, const BlockName& name, Time now);

  /// Lowest height first.
  [[nodiscard]] std::vector<BlockName> names() const;
  /// A block's bytes. Errors: as read_regular_file().
  [[nodiscard]] Result<Bytes> read(const BlockName& name, std::size_t max_bytes) const;

  void forget(const BlockName& name);
  /// `tip`: the height of the best chain.
  void forget_buried(std::uint32_t tip, Time now);

 private:
  struct Entry {
    BlockName name;
    std::size_t bytes = 0;
    Time accepted;
  };

  void remove(const Entry& entry);
  void bound();

  std::filesystem::path folder_;
  std::deque<Entry> entries_;  ///< oldest first
  std::size_t bytes_ = 0;
};

}  // namespace lode::store
