#include "host/app/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "host/net/task_group.h"

namespace lode::app {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kRefreshInterval{1};

engine::EngineParts with_listener(engine::EngineParts parts, engine::EventListener& listener) {
  parts.listener = &listener;
  return parts;
}

}  // namespace

Session::Session(asio::any_io_executor executor, engine::EngineOptions options, engine::EngineParts parts,
                 Screen& screen, EventFile* events, Log log)
    : executor_(std::move(executor)),
      screen_(screen),
      events_(events),
      log_(std::move(log)),
      signals_(executor_),
      engine_(executor_, options, with_listener(std::move(parts), *this), log_.named("engine")) {}

asio::awaitable<engine::StopReason> Session::run() {
  net::TaskGroup tasks(executor_);
  tasks.on_failure([this] { engine_.stop(); });
  tasks.spawn(watch_signals());
  tasks.spawn(refresh_screen());
  engine::StopReason reason = engine::StopReason::kAsked;
  std::exception_ptr failure;
  try {
    reason = co_await engine_.run();
  } catch (...) {
    failure = std::current_exception();
  }
  tasks.cancel();
  co_await tasks.join();
  if (failure) std::rethrow_exception(failure);
  screen_.summary(engine_.snapshot());
  co_return reason;
}

std::string Session::source_troubles() const {
  std::string text;
  for (const auto& [source, lost] : lost_)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", source, lost.reason);
  return text;
}

bool Session::is_refused_by_all() const {
  return !lost_.empty() && std::all_of(lost_.begin(), lost_.end(), [](const auto& one) { return one.second.refused; });
}

void Session::on_event(const engine::Event& event) {
  if (events_ != nullptr) events_->write(to_json(event, std::chrono::system_clock::now()));
  if (const auto* connected = std::get_if<engine::SourceConnected>(&event)) lost_.erase(connected->source);
  if (const auto* lost = std::get_if<engine::SourceLost>(&event)) lost_[lost->source] = *lost;
  screen_.show(event);
}

asio::awaitable<void> Session::watch_signals() {
  const int number = co_await signals_.first();
  if (number == 0) co_return;
  log_.info("{}: finishing what is on its way, then stopping; once more: stop at once", StopSignals::name(number));
  engine_.stop();
}

asio::awaitable<void> Session::refresh_screen() {
  asio::steady_timer timer(executor_);
  while (true) {
    timer.expires_after(kRefreshInterval);
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    screen_.refresh(engine_.snapshot());
  }
}

}  // namespace lode::app
