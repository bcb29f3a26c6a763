// Knows which blocks a node's templates have built on lately. A template on top of a block is the node's word that the
// block is in its best chain, and it comes without asking.
//
// Io thread; outlives the coroutines it returned.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <list>

#include "host/chain/hash256.h"

namespace lode::node {

class TipWatch {
 public:
  explicit TipWatch(boost::asio::any_io_executor executor);

  /// A template builds on `tip`.
  void saw(const chain::Hash256& tip);

  /// True as soon as a template builds on `tip`, false when none has within `limit`.
  boost::asio::awaitable<bool> await_tip(chain::Hash256 tip, std::chrono::milliseconds limit);

  [[nodiscard]] bool has_seen(const chain::Hash256& tip) const;

 private:
  struct Waiter {
    chain::Hash256 tip;
    boost::asio::steady_timer timer;
  };
  class Registration;

  boost::asio::any_io_executor executor_;
  std::deque<chain::Hash256> seen_;
  std::list<Waiter> waiters_;
};

}  // namespace lode::node
