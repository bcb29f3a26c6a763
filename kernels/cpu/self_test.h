// Asks a kernel questions with known answers, before it is trusted with work. Works in every build. Takes a few
// milliseconds (tens with the scalar kernel). Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "kernels/cpu/kernel.h"

namespace lode::kernels {

/// Nothing if the kernel found exactly the right nonces in every case, else which case failed and how. The kernel must
/// be usable on this CPU (registry.h).
std::optional<std::string> self_test(const Kernel& kernel);

}  // namespace lode::kernels
