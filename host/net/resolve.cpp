#include "host/net/resolve.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace lode::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Between a look-up's thread and who waits for it. The thread may outlive everything else, so nothing of Asio's is
/// destroyed on it.
class Handover {
 public:
  explicit Handover(std::function<void(LookupAnswer)> deliver) : deliver_(std::move(deliver)) {}

  void complete(LookupAnswer answer) {
    const std::lock_guard lock(mutex_);
    if (deliver_) std::exchange(deliver_, nullptr)(std::move(answer));
  }
  /// On return deliver() was called, or will never be.
  void abandon() {
    const std::lock_guard lock(mutex_);
    deliver_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void(LookupAnswer)> deliver_;
};

}  // namespace

LookupAnswer system_lookup(const std::string& host, std::uint16_t port) {
  LookupAnswer answer;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    answer.error = failed == EAI_SYSTEM ? boost::system::error_code(errno, boost::system::system_category())
                                        : boost::system::error_code(failed, asio::error::get_addrinfo_category());
    return answer;
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    answer.endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  return answer;
}

/// A resolve() under way.
struct Resolver::Waiting {
  explicit Waiting(const asio::any_io_executor& executor) : wake(executor) {}

  asio::steady_timer wake;
  bool done = false;
  bool cancelled = false;
  LookupAnswer answer;
};

Resolver::Resolver(asio::any_io_executor executor, Lookup lookup)
    : executor_(std::move(executor)), lookup_(std::move(lookup)) {}

Resolver::~Resolver() {
  cancel();
}

void Resolver::cancel() noexcept {
  if (!waiting_) return;
  waiting_->cancelled = true;
  waiting_->wake.cancel();
}

asio::awaitable<Result<std::vector<tcp::endpoint>>> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                                      std::chrono::milliseconds limit) {
  std::string_view literal = host;
  if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']') {
    literal = literal.substr(1, literal.size() - 2);
  }
  boost::system::error_code not_an_address;
  const asio::ip::address address = asio::ip::make_address(literal, not_an_address);
  if (!not_an_address) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};

  const auto waiting = std::make_shared<Waiting>(executor_);
  waiting_ = waiting;
  waiting->wake.expires_after(limit);
  const auto handover = std::make_shared<Handover>([waiting, executor = executor_](LookupAnswer answer) {
    asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
      waiting->done = true;
      waiting->answer = std::move(answer);
      waiting->wake.cancel();
    });
  });
  // However this ends, a coroutine that is destroyed while it waits included.
  const std::shared_ptr<void> abandon(nullptr, [handover](void*) { handover->abandon(); });
  try {
    std::thread([handover, lookup = lookup_, host, port] { handover->complete(lookup(host, port)); }).detach();
  } catch (const std::system_error& error) {
    waiting_.reset();
    co_return fail(Errc::kDisconnected, fmt::format("no thread to look up '{}': {}", host, error.code().message()));
  }
  co_await waiting->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  if (waiting_ == waiting) waiting_.reset();

  if (waiting->cancelled) co_return fail(Errc::kCancelled, "stopped while looking up the host name");
  if (!waiting->done) {
    co_return fail(Errc::kTimeout, fmt::format("looking up '{}' took longer than {} ms", host, limit.count()));
  }
  const LookupAnswer& answer = waiting->answer;
  if (answer.error || answer.endpoints.empty()) {
    co_return fail(Errc::kDisconnected, fmt::format("host name '{}' cannot be resolved: {}", host,
                                                    answer.error ? answer.error.message() : "no address"));
  }
  co_return std::move(waiting->answer.endpoints);
}

}  // namespace lode::net
