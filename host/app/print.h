// Printing for commands that print once and end.
#pragma once

#include <string_view>

namespace lode::app {

/// To standard output. False when that failed (a full disk, a closed pipe).
bool print(std::string_view text);

/// To standard error: "lode: <message>".
void print_error(std::string_view message);

}  // namespace lode::app
