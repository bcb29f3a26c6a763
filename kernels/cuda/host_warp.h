// A warp of a GPU played by a CPU, as scan.h wants it: runs the kernels' own source, lane after lane, so that tests
// need no GPU. One thread plays one warp; warps of one grid may run on several threads at the same time.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernels/cuda/scan.h"

namespace lode::kernels::cuda {

class HostWarp {
 public:
  static constexpr std::uint32_t kLanes = kWarpThreads;

  /// The shared memory of a lane. Lanes run one after the other, so they share one.
  struct Keys {
    KeyGroup* groups;
    void put(int group, const KeyGroup& keys) const noexcept { groups[group] = keys; }
    [[nodiscard]] KeyGroup get(int group) const noexcept { return groups[group]; }
  };

  static std::uint32_t lane(std::uint32_t i) noexcept { return i; }
  static bool leads() noexcept { return true; }
  static bool any(bool x) noexcept { return x; }
  static std::uint32_t take(std::uint32_t* word) noexcept { return add(word, 1); }
  static std::uint32_t add(std::uint32_t* word, std::uint32_t x) noexcept {
    return std::atomic_ref(*word).fetch_add(x);
  }
  static std::uint32_t exchange(std::uint32_t* word, std::uint32_t x) noexcept {
    return std::atomic_ref(*word).exchange(x);
  }
  static std::uint32_t load(std::uint32_t* word) noexcept { return std::atomic_ref(*word).load(); }
  template <class Value>
  static void store(Value* place, Value value) noexcept {
    std::atomic_ref(*place).store(value);
  }
  Keys keys(std::uint32_t) noexcept { return {groups_}; }

 private:
  KeyGroup groups_[kKeyGroups] = {};
};

}  // namespace lode::kernels::cuda
