// Text from outside made safe to show: what a node or a file says may hold anything, terminals and JSON may not.
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lode::app {

/// Length of the well-formed sequence (Unicode 15, table 3-7) that begins at `at`, 0 if none does.
std::size_t utf8_length(std::string_view text, std::size_t at);

/// The same text as valid UTF-8: every byte that is not part of a well-formed sequence becomes U+FFFD.
std::string valid_utf8(std::string_view text);

/// One line that is safe on a terminal: valid UTF-8 in which control characters (C0, DEL, C1), and so all escape
/// sequences, are replaced by '?'.
std::string printable(std::string_view text);

/// At most `columns` characters of valid UTF-8, one column each.
std::string cut_to_width(std::string_view text, std::size_t columns);

}  // namespace lode::app
