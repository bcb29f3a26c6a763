#include "host/app/events_json.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <ctime>
#include <variant>

#include "host/app/json_text.h"
#include "host/app/telemetry_json.h"

namespace lode::app {
namespace {

namespace json = boost::json;

/// Nothing while it does not hash, or does not tell its power.
std::optional<double> joules_per_terahash(const engine::DeviceRate& device) {
  if (!device.telemetry || !device.telemetry->watts || device.hashes_per_second <= 0) return std::nullopt;
  return *device.telemetry->watts / (device.hashes_per_second / 1e12);
}

json::array sources_json(const std::vector<engine::SourceCounters>& sources) {
  json::array array;
  for (const engine::SourceCounters& one : sources) {
    array.push_back({{"source", json_text(one.source)},
                     {"connected", one.connected},
                     {"state", one.state},
                     {"trouble", one.trouble.empty() ? json::value(nullptr) : json_text(one.trouble)},
                     {"hashes", one.hashes},
                     {"shares_submitted", one.shares_submitted},
                     {"shares_accepted", one.shares_accepted},
                     {"shares_rejected", one.shares_rejected()},
                     {"rejected_for",
                      {{"duplicate", one.shares_duplicate},
                       {"low_difficulty", one.shares_low_difficulty},
                       {"other", one.shares_refused}}},
                     {"shares_stale", one.shares_stale},
                     {"difficulty_accepted", json_number(one.difficulty_accepted)},
                     {"blocks_found", one.blocks_found}});
  }
  return array;
}

/// Adds the fields of one event after "time".
struct Fields {
  json::object& to;

  void operator()(const engine::SourceConnected& event) const {
    to["event"] = "source_connected";
    to["source"] = json_text(event.source);
  }
  void operator()(const engine::SourceLost& event) const {
    to["event"] = "source_lost";
    to["source"] = json_text(event.source);
    to["reason"] = json_text(event.reason);
    to["for_good"] = event.for_good;
  }
  void operator()(const engine::NoWork& event) const {
    to["event"] = "no_usable_work";
    to["reason"] = json_text(event.reason);
  }
  void operator()(const engine::JobStarted& event) const {
    to["event"] = "job";
    to["source"] = json_text(event.source);
    to["height"] = event.height;
    to["clean"] = event.clean;
    to["transactions"] = event.transactions;
    to["network_difficulty"] = json_number(event.network_difficulty);
    if (event.share_difficulty) to["share_difficulty"] = json_number(*event.share_difficulty);
  }
  void operator()(const engine::ShareSubmitted& event) const {
    to["event"] = "share_submitted";
    to["source"] = json_text(event.source);
    to["device"] = json_text(event.device);
    to["difficulty"] = json_number(event.difficulty);
  }
  void operator()(const engine::ShareAccepted& event) const {
    to["event"] = "share_accepted";
    to["source"] = json_text(event.source);
    to["milliseconds"] = json_number(event.milliseconds);
  }
  void operator()(const engine::ShareRejected& event) const {
    to["event"] = "share_rejected";
    to["source"] = json_text(event.source);
    to["reason"] = json_text(event.reason);
    to["code"] = event.code;
  }
  void operator()(const engine::ShareStale& event) const {
    to["event"] = "share_stale";
    to["source"] = json_text(event.source);
    to["reason"] = json_text(event.reason);
  }
  void operator()(const engine::BlockFound& event) const {
    to["event"] = "block_found";
    to["hash"] = event.hash.to_display();
    to["height"] = event.height;
    to["device"] = json_text(event.device);
    if (!event.pool.empty()) to["pool"] = json_text(event.pool);
  }
  void operator()(const engine::BlockAccepted& event) const {
    to["event"] = "block_accepted";
    to["hash"] = event.hash.to_display();
    to["height"] = event.height;
    to["sink"] = json_text(event.sink);
    to["milliseconds"] = json_number(event.milliseconds);
    to["resent"] = event.resent;
  }
  void operator()(const engine::BlockRejected& event) const {
    to["event"] = "block_rejected";
    to["hash"] = event.hash.to_display();
    to["height"] = event.height;
    to["sink"] = json_text(event.sink);
    to["reason"] = json_text(event.reason);
    to["detail"] = json_text(event.detail);
    to["stale"] = event.stale;
  }
  void operator()(const engine::HardwareError& event) const {
    to["event"] = "hardware_error";
    to["device"] = json_text(event.device);
    to["count"] = event.count;
  }
  void operator()(const engine::DeviceFault& event) const {
    to["event"] = "device_fault";
    to["device"] = json_text(event.device);
    to["reason"] = json_text(event.reason);
    to["restart_in"] = event.restart_in ? json::value(json_number(*event.restart_in)) : json::value(nullptr);
  }
  void operator()(const engine::DeviceBack& event) const {
    to["event"] = "device_back";
    to["device"] = json_text(event.device);
  }
  void operator()(const engine::Rate& event) const {
    to["event"] = "rate";
    to["hashes_per_second"] = json_number(event.hashes_per_second);
    json::array devices;
    for (const engine::DeviceRate& device : event.devices) {
      devices.push_back({{"device", json_text(device.device)},
                         {"name", json_text(device.name)},
                         {"kernel", json_text(device.kernel)},
                         {"threads", device.threads},
                         {"hashes", device.hashes},
                         {"hashes_per_second", json_number(device.hashes_per_second)},
                         {"telemetry", telemetry_json(device.telemetry)},
                         {"joules_per_terahash", json_number(joules_per_terahash(device))}});
    }
    to["devices"] = std::move(devices);
    to["sources"] = sources_json(event.sources);
  }
  void operator()(const engine::Stopped& event) const {
    const engine::Totals& totals = event.totals;
    to["event"] = "stopped";
    to["seconds"] = json_number(event.seconds);
    to["hashes"] = totals.hashes;
    to["shares_submitted"] = totals.shares_submitted;
    to["shares_accepted"] = totals.shares_accepted;
    to["shares_rejected"] = totals.shares_rejected;
    to["shares_stale"] = totals.shares_stale;
    to["blocks_found"] = totals.blocks_found;
    to["blocks_accepted"] = totals.blocks_accepted;
    to["blocks_rejected"] = totals.blocks_rejected;
    to["blocks_stale"] = totals.blocks_stale;
    to["blocks_pending"] = event.blocks_pending;
    to["hardware_errors"] = totals.hardware_errors;
    to["sources"] = sources_json(event.sources);
  }
};

json::object with_time(std::chrono::system_clock::time_point time) {
  json::object object;
  object["time"] = iso_time(time);
  return object;
}

}  // namespace

std::string iso_time(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto count = static_cast<std::time_t>(seconds.count());
  std::tm utc{};
  ::gmtime_r(&count, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, (since - seconds).count());
}

json::object to_json(const engine::Event& event, std::chrono::system_clock::time_point time) {
  json::object object = with_time(time);
  std::visit(Fields{object}, event);
  return object;
}

json::object to_json(const Started& event, std::chrono::system_clock::time_point time) {
  json::object object = with_time(time);
  object["event"] = "started";
  object["version"] = event.version;
  json::array sources;
  for (const std::string& source : event.sources)
    sources.emplace_back(json_text(source));
  object["sources"] = std::move(sources);
  object["payout"] = json_text(event.payout);
  object["state"] = event.state.empty() ? json::value(nullptr) : json::value(json_text(event.state));
  json::array devices;
  for (const Started::Device& device : event.devices) {
    devices.push_back(
        {{"device", json_text(device.id)},
         {"name", json_text(device.name)},
         {"kernel", json_text(device.kernel)},
         {"midstates", device.midstates},
         {"single_kernel", json_text(device.single_kernel.empty() ? device.kernel : device.single_kernel)},
         {"threads", device.threads},
         {"cpus", json::array(device.cpus.begin(), device.cpus.end())}});
  }
  object["devices"] = std::move(devices);
  return object;
}

}  // namespace lode::app
