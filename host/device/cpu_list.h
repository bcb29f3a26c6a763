// Lists of CPU numbers as Linux writes them: "0-3,8". Pure functions; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.h"

namespace lode::device {

/// Highest CPU number that a list may name: no system has more, and a mistyped range stays harmless.
inline constexpr unsigned kHighestCpu = 8191;

/// Numbers and ranges, comma-separated, in the order they were written. Errors: kMalformed for anything else, an empty
/// part, a range that runs backwards or a CPU named twice; kOutOfRange above kHighestCpu.
Result<std::vector<unsigned>> parse_cpu_list(std::string_view text);

/// "0-3,8": in ascending order, neighbours joined. "" for none.
std::string format_cpu_list(std::span<const unsigned> cpus);

}  // namespace lode::device
