// Room on the disk that is held in a file, so that what must not be lost can be written when the disk is full.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <filesystem>
#include <utility>

#include "host/base/result.h"

namespace lode::store {

class DiskReserve {
 public:
  /// Nothing is made before take().
  DiskReserve(std::filesystem::path file, std::size_t bytes) : file_(std::move(file)), bytes_(bytes) {}

  /// Makes the file and has the file system give it `bytes`; one that is there with its room is kept. It stays for
  /// later runs. Errors: kStore; then nothing is held.
  Result<void> take();

  /// Gives the room free for others to write. False: none was held.
  bool release() noexcept;

  [[nodiscard]] bool is_held() const noexcept { return held_; }

 private:
  std::filesystem::path file_;
  std::size_t bytes_;
  bool held_ = false;
};

}  // namespace lode::store
