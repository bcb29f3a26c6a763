#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "host/app/commands.h"
#include "host/app/exit_codes.h"
#include "host/app/json_text.h"
#include "host/app/node_probe_output.h"
#include "host/app/node_scheme.h"
#include "host/app/number_format.h"
#include "host/app/pool_scheme.h"
#include "host/app/print.h"
#include "host/app/text.h"
#include "host/base/hex.h"
#include "host/node/node_probe.h"
#include "stratum/v1/pool_probe.h"

namespace lode::app {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = stratum::v1;

std::string yes_or_no(bool yes) {
  return yes ? "yes" : "no";
}

std::string describe(const v1::ProbeReport& report) {
  std::string text = fmt::format("connected        in {:.1f} ms\n", milliseconds(report.connect_took));
  for (const v1::ProbeExchange& exchange : report.exchanges) {
    text +=
        fmt::format("  {:<28} {}{}\n", printable(exchange.method),
                    exchange.took ? fmt::format("answered in {:.1f} ms", milliseconds(*exchange.took)) : "no answer",
                    exchange.error.empty() ? "" : ", error " + printable(exchange.error));
  }
  if (report.subscribed) {
    text += fmt::format("extranonce       {} bytes given, {} bytes to roll\nsession          {}\n",
                        report.subscribed->extranonce.prefix.size(), report.subscribed->extranonce.extranonce2_size,
                        report.subscribed->session_id.empty() ? "none" : printable(report.subscribed->session_id));
  }
  if (report.configured) {
    text += fmt::format("version rolling  {}\n",
                        report.configured->version_rolling ? fmt::format("mask {:08x}", report.version_mask) : "no");
    text += fmt::format("set_extranonce   {}\n", yes_or_no(report.configured->subscribe_extranonce));
    text += fmt::format("min. difficulty  {}\n", yes_or_no(report.configured->minimum_difficulty));
  }
  if (report.difficulty) text += fmt::format("difficulty       {:g}\n", *report.difficulty);
  if (report.jobs > 0) {
    text += fmt::format("work             height {}, {} branches, coinbase of {} bytes\n", report.height,
                        report.branches, report.coinbase_bytes);
  }
  if (report.coinbase) {
    text += fmt::format("coinbase         {} outputs, {:.8f} BTC, tag '{}'\n", report.coinbase->outputs.size(),
                        static_cast<double>(report.coinbase->total) / 1e8, printable(report.coinbase->tag));
  }
  text += "order\n";
  for (const std::string& what : report.order)
    text += fmt::format("  {}\n", printable(what));
  if (!report.deviations.empty()) text += "worth knowing\n";
  for (const std::string& deviation : report.deviations)
    text += fmt::format("  {}\n", printable(deviation));
  return text;
}

json::object to_json(const std::string& url, const v1::ProbeReport& report) {
  json::object object{{"pool", json_text(url)}, {"connect_milliseconds", milliseconds(report.connect_took)}};
  object["failure"] = report.failure ? json::value(json_text(*report.failure)) : json::value(nullptr);
  json::array exchanges;
  for (const v1::ProbeExchange& exchange : report.exchanges) {
    exchanges.push_back({{"method", json_text(exchange.method)},
                         {"milliseconds", exchange.took ? json::value(milliseconds(*exchange.took)) : json::value()},
                         {"error", json_text(exchange.error)}});
  }
  object["requests"] = std::move(exchanges);
  object["authorized"] = report.authorized;
  object["version_rolling"] = report.configured && report.configured->version_rolling;
  object["version_mask"] = fmt::format("{:08x}", report.version_mask);
  object["subscribe_extranonce"] = report.configured && report.configured->subscribe_extranonce;
  object["minimum_difficulty"] = report.configured && report.configured->minimum_difficulty;
  if (report.subscribed) {
    object["extranonce1"] = to_hex(report.subscribed->extranonce.prefix);
    object["extranonce2_size"] = report.subscribed->extranonce.extranonce2_size;
    object["resumable"] = !report.subscribed->session_id.empty();
  }
  object["difficulty"] = report.difficulty ? json::value(json_number(*report.difficulty)) : json::value(nullptr);
  object["jobs"] = report.jobs;
  object["height"] = report.height;
  object["coinbase_bytes"] = report.coinbase_bytes;
  object["coinbase_outputs"] = report.coinbase ? report.coinbase->outputs.size() : 0;
  json::array order;
  for (const std::string& what : report.order)
    order.emplace_back(json_text(what));
  object["order"] = std::move(order);
  json::array deviations;
  for (const std::string& deviation : report.deviations)
    deviations.emplace_back(json_text(deviation));
  object["deviations"] = std::move(deviations);
  return object;
}

/// Runs a probe to its end.
template <class Report>
Report run(asio::io_context& io, asio::awaitable<Report> probe) {
  Report report;
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(probe), [&](std::exception_ptr thrown, Report found) {
    failure = std::move(thrown);
    report = std::move(found);
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return report;
}

/// Prints a report; returns the program's exit code.
int show(const ProbeOptions& options, const std::string& report, const std::optional<std::string>& failure) {
  print(report);
  if (!failure) return kExitOk;
  print_error(options.url.display() + ": " + *failure);
  return kExitNoSource;
}

std::chrono::milliseconds limit_of(const ProbeOptions& options) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(options.seconds);
}

int probe_pool(const ProbeOptions& options) {
  asio::io_context io(1);
  v1::ProbeOptions probe;
  probe.session = pool_session(options.url, options.source);
  probe.limit = limit_of(options);
  v1::MakeLink link = pool_link(io.get_executor(), options.source);
  const auto report = run(io, v1::probe_pool(io.get_executor(), std::move(probe), std::move(link)));
  return show(options, options.json ? json::serialize(to_json(options.url.display(), report)) + "\n" : describe(report),
              report.failure);
}

int probe_node(const ProbeOptions& options) {
  asio::io_context io(1);
  node::NodeProbeOptions probe{node_options(options.url, options.source), limit_of(options)};
  const auto report = run(io, node::probe_node(io.get_executor(), std::move(probe)));
  return show(
      options,
      options.json ? json::serialize(node_to_json(options.url.display(), report)) + "\n" : describe_node(report),
      report.failure);
}

}  // namespace

int run_probe(const ProbeOptions& options) {
  return options.url.is_pool() ? probe_pool(options) : probe_node(options);
}

}  // namespace lode::app
