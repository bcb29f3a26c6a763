// The kernels of this program, and which of them this CPU can run. Constant data; usable from every thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/cpu/cpu_features.h"
#include "kernels/cpu/kernel.h"

namespace lode::kernels {

/// All kernels compiled in, fastest first; the last is "scalar", which every CPU runs.
std::span<const Kernel> kernels() noexcept;

/// The kernel of that name, or null.
const Kernel* find_kernel(std::string_view name) noexcept;

/// Whether a CPU with these features can run the kernel.
bool usable(const Kernel& kernel, CpuFeatures features = detect_cpu_features()) noexcept;

/// What is missing, in words ("the CPU has no SHA extensions"); nothing if the kernel is usable.
std::optional<std::string> why_unusable(const Kernel& kernel, CpuFeatures features = detect_cpu_features());

/// The first usable one.
const Kernel& best_kernel(CpuFeatures features = detect_cpu_features()) noexcept;

}  // namespace lode::kernels
