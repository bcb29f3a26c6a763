#include "host/app/events_json.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>
#include <set>

namespace lode::app {
namespace {

namespace json = boost::json;

const std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'795'368'999'042)};

std::set<std::string> keys_of(const json::object& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object)
    keys.insert(std::string(key));
  return keys;
}

/// As a reader of the file sees it.
json::object reread(const json::object& object) {
  return json::parse(json::serialize(object)).as_object();
}

struct Case {
  engine::Event event;
  std::string name;
  std::set<std::string> fields;
};

class EventJson : public testing::TestWithParam<Case> {};

TEST_P(EventJson, HasTimeNameAndFields) {
  const json::object object = reread(to_json(GetParam().event, kTime));
  EXPECT_EQ(object.at("event").as_string(), GetParam().name);
  EXPECT_EQ(object.at("time").as_string(), "2026-11-22T17:36:39.042Z");
  std::set<std::string> expected = GetParam().fields;
  expected.insert({"time", "event"});
  EXPECT_EQ(keys_of(object), expected);
}

const chain::Hash256 kHash =
    chain::Hash256::from_display("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f").value();

INSTANTIATE_TEST_SUITE_P(
    All, EventJson,
    testing::Values(Case{engine::SourceConnected{"s"}, "source_connected", {"source"}},
                    Case{engine::SourceLost{"s", "r", true}, "source_lost", {"source", "reason", "for_good"}},
                    Case{engine::NoWork{"s: r"}, "no_usable_work", {"reason"}},
                    Case{engine::JobStarted{.source = "s", .height = 1},
                         "job",
                         {"source", "height", "clean", "transactions", "network_difficulty"}},
                    Case{engine::JobStarted{.source = "s", .height = 1, .share_difficulty = 2},
                         "job",
                         {"source", "height", "clean", "transactions", "network_difficulty", "share_difficulty"}},
                    Case{engine::ShareSubmitted{"s", "cpu", 2}, "share_submitted", {"source", "device", "difficulty"}},
                    Case{engine::ShareAccepted{"s", 1.5}, "share_accepted", {"source", "milliseconds"}},
                    Case{engine::ShareRejected{"s", "r", 23}, "share_rejected", {"source", "reason", "code"}},
                    Case{engine::ShareStale{"s", "r"}, "share_stale", {"source", "reason"}},
                    Case{engine::BlockFound{kHash, 1, "cpu"}, "block_found", {"hash", "height", "device"}},
                    Case{engine::BlockFound{kHash, 1, "cpu", "p"}, "block_found", {"hash", "height", "device", "pool"}},
                    Case{engine::BlockAccepted{.hash = kHash, .height = 1, .sink = "s"},
                         "block_accepted",
                         {"hash", "height", "sink", "milliseconds", "resent"}},
                    Case{engine::BlockRejected{
                             .hash = kHash, .height = 1, .sink = "s", .reason = "high-hash", .detail = "d"},
                         "block_rejected",
                         {"hash", "height", "sink", "reason", "detail", "stale"}},
                    Case{engine::HardwareError{"cpu", 1}, "hardware_error", {"device", "count"}},
                    Case{engine::DeviceFault{"cpu", "r"}, "device_fault", {"device", "reason", "restart_in"}},
                    Case{engine::DeviceBack{"cpu"}, "device_back", {"device"}},
                    Case{engine::Rate{1.5, {}}, "rate", {"hashes_per_second", "devices", "sources"}},
                    Case{engine::Stopped{},
                         "stopped",
                         {"seconds", "sources", "hashes", "shares_submitted", "shares_accepted", "shares_rejected",
                          "shares_stale", "blocks_found", "blocks_accepted", "blocks_rejected", "blocks_stale",
                          "blocks_pending", "hardware_errors"}}));

TEST(EventsJson, HashesAreWrittenAsPeopleSeeThem) {
  const json::object object = reread(to_json(engine::BlockFound{kHash, 7, "cpu"}, kTime));
  EXPECT_EQ(object.at("hash").as_string(), kHash.to_display());
  EXPECT_EQ(object.at("height").to_number<int>(), 7);
}

TEST(EventsJson, RatesCarryEveryDevice) {
  const engine::Rate rate{
      2e7, {{.device = "cpu", .name = "N", .kernel = "scalar", .threads = 2, .hashes = 5, .hashes_per_second = 2e7}}};
  const json::object object = reread(to_json(rate, kTime));
  const json::object& device = object.at("devices").as_array().at(0).as_object();
  EXPECT_EQ(keys_of(device), (std::set<std::string>{"device", "name", "kernel", "threads", "hashes",
                                                    "hashes_per_second", "telemetry", "joules_per_terahash"}));
  EXPECT_TRUE(device.at("joules_per_terahash").is_null());
  EXPECT_EQ(device.at("threads").to_number<int>(), 2);
}

TEST(EventsJson, RatesTellWhatATerahashCosts) {
  engine::DeviceRate device{
      .device = "cuda:0", .name = "N", .kernel = "cuda", .threads = 1, .hashes = 5, .hashes_per_second = 1e10};
  const auto cost = [&] {
    const json::object object = reread(to_json(engine::Rate{1e10, {device}}, kTime));
    return object.at("devices").as_array().at(0).as_object().at("joules_per_terahash");
  };
  device.telemetry = device::Telemetry{};
  EXPECT_TRUE(cost().is_null()) << "a GPU that does not tell";
  device.telemetry->watts = 700;
  EXPECT_EQ(cost().to_number<double>(), 70'000);
  device.hashes_per_second = 0;
  EXPECT_TRUE(cost().is_null()) << "it rests";
}

TEST(EventsJson, LargeTotalsStayExact) {
  engine::Stopped stopped;
  stopped.totals.hashes = (std::uint64_t{1} << 63) + 1;
  EXPECT_EQ(reread(to_json(stopped, kTime)).at("hashes").to_number<std::uint64_t>(), (std::uint64_t{1} << 63) + 1);
}

TEST(EventsJson, WhateverANodeSaysIsValidJson) {
  const engine::BlockRejected hostile{
      .hash = kHash, .height = 1, .sink = "s", .reason = "\xff\x1b[2J\"\n\\", .detail = std::string("\0x", 2)};
  const std::string line = json::serialize(to_json(hostile, kTime));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(json::parse(line).at("reason").as_string(), "\xef\xbf\xbd\x1b[2J\"\n\\");
}

TEST(EventsJson, NumbersAreFinite) {
  const engine::JobStarted job{.source = "s", .network_difficulty = std::numeric_limits<double>::infinity()};
  EXPECT_EQ(reread(to_json(job, kTime)).at("network_difficulty").to_number<double>(), 0.0);
}

TEST(EventsJson, Started) {
  const Started started{.version = "1",
                        .sources = {"a:1", "b:2"},
                        .payout = "addr",
                        .state = "",
                        .devices = {{.id = "cpu",
                                     .name = "N",
                                     .kernel = "scalar",
                                     .midstates = 16,
                                     .single_kernel = "other",
                                     .threads = 2,
                                     .cpus = {4, 0}}}};
  const json::object object = reread(to_json(started, kTime));
  EXPECT_EQ(object.at("event").as_string(), "started");
  EXPECT_EQ(object.at("sources").as_array().size(), 2U);
  EXPECT_TRUE(object.at("state").is_null());
  const json::object& device = object.at("devices").at(0).as_object();
  EXPECT_EQ(device.at("kernel").as_string(), "scalar");
  EXPECT_EQ(device.at("midstates").to_number<int>(), 16);
  EXPECT_EQ(device.at("single_kernel").as_string(), "other");
  EXPECT_EQ(device.at("cpus"), (json::array{4, 0}));
}

TEST(EventsJson, TimesRoundDown) {
  EXPECT_EQ(iso_time(std::chrono::system_clock::time_point{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(std::chrono::system_clock::time_point{std::chrono::microseconds(-1)}), "1969-12-31T23:59:59.999Z");
}

TEST(EventJson, EverySourceHasItsCounters) {
  const engine::SourceCounters counters{.source = "p",
                                        .connected = true,
                                        .state = "unwell",
                                        .trouble = "it refuses",
                                        .hashes = 100,
                                        .shares_submitted = 16,
                                        .shares_accepted = 1,
                                        .shares_duplicate = 2,
                                        .shares_low_difficulty = 3,
                                        .shares_refused = 4,
                                        .shares_stale = 6,
                                        .difficulty_accepted = 0.5,
                                        .blocks_found = 7};
  engine::Rate rate;
  engine::Stopped stopped;
  rate.sources = stopped.sources = {counters};
  for (const engine::Event& event : {engine::Event{rate}, engine::Event{stopped}}) {
    const json::object object = reread(to_json(event, kTime));
    const json::array& sources = object.at("sources").as_array();
    ASSERT_EQ(sources.size(), 1U);
    EXPECT_EQ(sources[0], json::parse(R"({"source": "p", "connected": true, "state": "unwell",
        "trouble": "it refuses", "hashes": 100, "shares_submitted": 16,
        "shares_accepted": 1, "shares_rejected": 9, "rejected_for": {"duplicate": 2, "low_difficulty": 3, "other": 4},
        "shares_stale": 6, "difficulty_accepted": 0.5, "blocks_found": 7})"));
  }
}

}  // namespace
}  // namespace lode::app
