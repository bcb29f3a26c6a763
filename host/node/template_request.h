// What lode asks for when it asks for a template.
//
// A pure function.
#pragma once

#include <optional>
#include <string>

namespace lode::node {

/// The JSON text of getblocktemplate's parameters (BIP22, BIP23, BIP145). With an id, the node answers when what it
/// would answer has changed (longpoll).
std::string template_params(const std::optional<std::string>& longpoll_id);

}  // namespace lode::node
