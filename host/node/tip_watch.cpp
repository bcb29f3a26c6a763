#include "host/node/tip_watch.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace lode::node {

namespace asio = boost::asio;

namespace {

/// Tips that are remembered: an answer to submitblock may come after the template it led to, and the next one.
constexpr std::size_t kRemembered = 16;

}  // namespace

/// A place among the waiters for as long as it lives.
class TipWatch::Registration {
 public:
  Registration(TipWatch& watch, const chain::Hash256& tip, std::chrono::milliseconds limit)
      : watch_(watch),
        place_(watch.waiters_.insert(watch.waiters_.end(), {tip, asio::steady_timer(watch.executor_, limit)})) {}
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { watch_.waiters_.erase(place_); }

  asio::steady_timer& timer() { return place_->timer; }

 private:
  TipWatch& watch_;
  std::list<Waiter>::iterator place_;
};

TipWatch::TipWatch(asio::any_io_executor executor) : executor_(std::move(executor)) {}

bool TipWatch::has_seen(const chain::Hash256& tip) const {
  return std::find(seen_.begin(), seen_.end(), tip) != seen_.end();
}

void TipWatch::saw(const chain::Hash256& tip) {
  if (has_seen(tip)) return;
  seen_.push_back(tip);
  if (seen_.size() > kRemembered) seen_.pop_front();
  for (Waiter& waiter : waiters_) {
    if (waiter.tip == tip) waiter.timer.cancel();
  }
}

asio::awaitable<bool> TipWatch::await_tip(chain::Hash256 tip, std::chrono::milliseconds limit) {
  if (has_seen(tip)) co_return true;
  Registration registration(*this, tip, limit);
  co_await registration.timer().async_wait(asio::as_tuple(asio::use_awaitable));
  co_return has_seen(tip);
}

}  // namespace lode::node
