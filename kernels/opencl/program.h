// The OpenCL kernels: one source, and the variants that it can be built as. Constant data; usable from every thread.
//
// The kernels are sha256d_m1, for jobs of one midstate, and sha256d_mn, for 1 .. kMaxMidstates. Arguments, in order,
// all of them buffers:
//   0  __constant uint*  ParamsM1 or ParamsMn
//   1  __global uint*    gpu::ScanCounters
//   2  __global uint2*   gpu::HitSlot[hit_capacity]
//   3  __global uint*    gpu::Mailbox
// One-dimensional, in work-groups of exactly Variant::group_size; any number of groups. Memory shared within a
// work-group is the kernels' own. The protocol is that of kernels/gpu/scan_params.h with a work-group in the place of a
// warp; chunks are multiples of chunk_unit().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kernels/core/scan_job.h"
#include "kernels/gpu/balance.h"
#include "kernels/gpu/scan_params.h"

namespace lode::kernels::opencl {

/// In whose terms rotates, selections and sums are written.
enum class Flavour : std::uint8_t {
  kPlain,   ///< OpenCL C and nothing else: Intel, CPUs, all others
  kAmd,     ///< with cl_amd_media_ops
  kNvidia,  ///< with PTX, as the CUDA kernels
};

/// A way to build the source.
struct Variant {
  std::string_view name;
  Flavour flavour = Flavour::kPlain;
  gpu::Balance balance = gpu::Balance::kNone;  ///< other than kNone for kNvidia only
  std::uint32_t vector_width = 1;              ///< nonces that a work-item does at once: 1, 2, 4 or 8
  /// Of sha256d_mn: whether the schedule is made once for all midstates and kept in local memory, 192 bytes for each
  /// nonce of a work-group; or made again for each midstate.
  bool keys_in_local_memory = false;
  std::uint32_t group_size = 64;
  std::uint32_t hashes_per_item = 64;  ///< between two looks for newer work, see gpu::cut()
};

/// All there are, those of a flavour in the order in which they are expected to be fast.
std::span<const Variant> variants() noexcept;

/// OpenCL C 1.2.
std::string_view source() noexcept;

/// For clBuildProgram.
std::string build_options(const Variant& variant);

/// Nonces that a work-group does in a step: the `unit` of gpu::cut().
constexpr std::uint32_t chunk_unit(const Variant& variant) noexcept {
  return variant.group_size * variant.vector_width;
}

using ParamsM1 = gpu::LaunchParams<1>;
using ParamsMn = gpu::LaunchParams<kMaxMidstates>;
using gpu::set_job;

/// The same for a kernel that the host runs itself.
template <std::uint32_t kMidstates>
constexpr gpu::ScanParams<kMidstates> with_addresses(const gpu::LaunchParams<kMidstates>& params) noexcept {
  gpu::ScanParams<kMidstates> scan;
  static_cast<gpu::LaunchParams<kMidstates>&>(scan) = params;
  return scan;
}

}  // namespace lode::kernels::opencl
