// Events as JSON objects, one line each (JSON Lines). Field names are an interface: docs/operations.md.
//
// Pure functions; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "host/engine/events.h"

namespace lode::app {

/// The first event, which the engine does not send: what was started, with which devices.
struct Started {
  struct Device {
    std::string id;
    std::string name;
    std::string kernel;  ///< for jobs of `midstates` versions
    std::uint32_t midstates = 1;
    std::string single_kernel;  ///< for jobs of one; empty: it has no other
    std::size_t threads = 0;
    std::vector<unsigned> cpus;  ///< that the threads are tied to; empty: to none
  };
  std::string version;
  std::vector<std::string> sources;
  std::string payout;
  std::string state;  ///< folder of the journal; empty: none
  std::vector<Device> devices;
};

/// "2026-11-22T17:36:39.042Z"
std::string iso_time(std::chrono::system_clock::time_point time);

boost::json::object to_json(const engine::Event& event, std::chrono::system_clock::time_point time);
boost::json::object to_json(const Started& event, std::chrono::system_clock::time_point time);

}  // namespace lode::app
