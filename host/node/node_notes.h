// What an operator should know of a node that was probed.
//
// A pure function.
#pragma once

#include <string>
#include <vector>

#include "host/node/node_probe.h"

namespace lode::node {

/// Sentences about the node, which they leave out as their subject: "has no peers: ...". Its own notes are not looked
/// at.
std::vector<std::string> worth_knowing(const NodeProbeReport& report);

}  // namespace lode::node
