// TOML written anew in ASCII, with the same values on the same lines: what a string has beyond ASCII becomes an escape.
//
// toml++ (3.3 and 3.4) has undefined behaviour where it asks whether an umlaut ends a number, or begins a line after a
// line-ending backslash. It meets none in a text of this kind, whatever else is wrong with it.
//
// A pure function; any thread.
#pragma once

#include <string>
#include <string_view>

#include "host/base/result.h"

namespace lode::app {

/// `name` is for messages. What is not TOML for another reason stays wrong, for the parser to say. Errors: kMalformed
/// with name and line for what is not UTF-8 and for what is beyond ASCII outside of strings and comments.
Result<std::string> ascii_toml(std::string_view text, const std::string& name);

}  // namespace lode::app
