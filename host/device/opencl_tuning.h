// The ways to run the OpenCL kernels that the search for the fastest one tries (gpu_tuning.h): which variant, how large
// a work-group, how many of them, how much work between two looks for newer work, how many midstates.
//
// Start-up, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/device/gpu_tuning.h"
#include "host/device/opencl_driver.h"
#include "host/device/opencl_gpu.h"
#include "host/device/opencl_program.h"
#include "host/device/opencl_session.h"
#include "kernels/opencl/program.h"

namespace lode::device {

/// One way to run a kernel, with a name that a file can keep.
struct OpenClSetting {
  /// One of kernels::opencl::variants() but for its work-group size, 1 .. kMostOpenClItems.
  kernels::opencl::Variant variant;
  std::uint32_t groups_per_unit = 1;  ///< 1 .. kMostOpenClGroups
  std::uint32_t hashes_per_item = 1;  ///< 1 .. kMostOpenClHashes
};

/// More than any device takes, and more than a look may wait for.
inline constexpr std::uint32_t kMostOpenClItems = 4096;
inline constexpr std::uint32_t kMostOpenClGroups = 4096;
inline constexpr std::uint32_t kMostOpenClHashes = 4096;

/// "plain_v8 items=16 groups=1 hashes=64".
std::string to_string(const OpenClSetting& setting);
/// Nothing for anything that to_string() does not write, and for numbers out of range.
std::optional<OpenClSetting> parse_opencl_setting(std::string_view text);
/// The setting to launch.
OpenClKernelUse use_of(const OpenClSetting& setting);

/// What a device can run, in the order in which it is tried: its vendor's flavour first, then what all can. A CPU has
/// no lanes by itself, so there the widest come first.
std::vector<kernels::opencl::Variant> opencl_variants(const OpenClGpu& gpu);

/// How a variant is launched where nothing is measured.
OpenClSetting default_setting(const OpenClGpu& gpu, const kernels::opencl::Variant& variant);

/// A device and how its programs are made.
struct OpenClTarget {
  std::shared_ptr<OpenClDriver> driver;
  OpenClGpu gpu;
  OpenClProgramHelp help;
};

/// Whether the device has room for what the setting asks of it. A remembered one may be of another device.
bool fits(const OpenClGpu& gpu, const OpenClSetting& setting);

/// How many midstates jobs of several are expected to be the fastest with: what these share costs a thirtieth of a
/// hash.
inline constexpr std::uint32_t kExpectedOpenClMidstates = 32;

/// What is tried for jobs of one midstate, or of several. The variants first, then of the best: how many midstates, how
/// large and how many work-groups, how much work. Opening a candidate compiles it, unless the store has it. Error:
/// kDevice, no variant fits.
Result<GpuTuningPlan> opencl_plan(const OpenClTarget& target, bool rolling);

}  // namespace lode::device
