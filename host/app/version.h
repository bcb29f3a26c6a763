// What this build is.
#pragma once

#include <string>
#include <string_view>

namespace lode::app {

std::string_view version() noexcept;   ///< "0.1.0"
std::string_view commit() noexcept;    ///< short hash of the source's commit, or "unknown"
std::string_view compiler() noexcept;  ///< "GNU 12.2.0"

/// `lode version`: several lines.
std::string version_text();

}  // namespace lode::app
