// How long tests wait for what must happen.
#pragma once

#include <chrono>

namespace lode::test {

/// No measure of anything: it only tells what comes late from what never comes, on a machine as slow and as busy as it
/// may be.
inline constexpr std::chrono::seconds kPatience{120};

}  // namespace lode::test
