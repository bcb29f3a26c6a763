// What `lode probe` prints of a node.
//
// Pure functions; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "host/node/node_probe.h"

namespace lode::app {

/// Lines for people.
std::string describe_node(const node::NodeProbeReport& report);

/// For scripts; `node` is its name. See docs/operations.md.
boost::json::object node_to_json(const std::string& node, const node::NodeProbeReport& report);

}  // namespace lode::app
