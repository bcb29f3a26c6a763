// Looks at a pool as a polite client would: connects, subscribes, authorizes, waits for work, asks two questions that
// every pool must be able to take, and leaves. Sends no share.
//
// Io thread. Errors of the connection are part of the report.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stratum/v1/coinbase_view.h"
#include "stratum/v1/handshake.h"
#include "stratum/v1/pool_link.h"
#include "stratum/v1/session_options.h"

namespace lode::stratum::v1 {

struct ProbeOptions {
  SessionOptions session;
  std::chrono::milliseconds limit{30'000};      ///< for all of it
  std::chrono::milliseconds after_work{2'000};  ///< that the pool is listened to once there is work
};

/// A request and what became of it.
struct ProbeExchange {
  std::string method;
  std::chrono::steady_clock::duration sent{};               ///< since the connection stood
  std::optional<std::chrono::steady_clock::duration> took;  ///< nothing: no answer
  std::string error;                                        ///< as the pool put it, in one line; empty: none
};

struct ProbeReport {
  std::optional<std::string> failure;  ///< why it ended before there was work
  std::chrono::steady_clock::duration connect_took{};
  std::vector<ProbeExchange> exchanges;
  std::vector<std::string> order;  ///< of what came: "reply to mining.subscribe", "mining.notify" ...; bounded
  std::optional<SubscribeAnswer> subscribed;
  std::optional<ConfigureAnswer> configured;
  bool authorized = false;
  std::uint32_t version_mask = 0;  ///< that is used
  std::optional<double> difficulty;
  bool difficulty_before_job = false;
  std::size_t jobs = 0;
  std::optional<bool> first_job_clean;
  std::uint32_t height = 0;
  std::size_t branches = 0;
  std::size_t coinbase_bytes = 0;
  std::optional<CoinbaseView> coinbase;
  std::size_t bad_messages = 0;
  std::vector<std::string> deviations;  ///< sentences
};

boost::asio::awaitable<ProbeReport> probe_pool(boost::asio::any_io_executor executor, ProbeOptions options,
                                               MakeLink make_link);

}  // namespace lode::stratum::v1
