// A node for measurements: serves templates with a given number of transactions, and a new tip whenever it is told to,
// so that the moment a tip leaves it is known. Valid enough to be mined on; it takes no blocks.
//
// Runs on a thread of its own, on a free loopback port.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace lode::bench {

class ScriptedNode {
 public:
  /// `bits`: the target in its compact form; the default is met once in 2^32 hashes.
  explicit ScriptedNode(std::size_t transactions, std::uint32_t bits = 0x1d00ffff);
  ~ScriptedNode();
  ScriptedNode(const ScriptedNode&) = delete;
  ScriptedNode& operator=(const ScriptedNode&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::size_t template_bytes() const;

  /// Whether a longpoll is waiting for a new tip.
  [[nodiscard]] bool longpoll_waits() const;

  /// Moves the tip and answers the longpoll that waits. Returns when the last byte was handed to the system.
  std::chrono::steady_clock::time_point announce_tip();

  /// Height of the block that the current template is for.
  [[nodiscard]] std::uint32_t height() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode::bench
