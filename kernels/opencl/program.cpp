#include "kernels/opencl/program.h"

#include <cstddef>

// LODE_OPENCL_SOURCE is the file that the build makes.
asm(".pushsection .rodata.lode_opencl, \"a\"\n"
    ".global lode_opencl_source_begin\n.global lode_opencl_source_end\n"
    "lode_opencl_source_begin: .incbin \"" LODE_OPENCL_SOURCE
    "\"\n"
    "lode_opencl_source_end:\n"
    ".popsection\n");
// The assembler's names.
extern "C" const char lode_opencl_source_begin[];  // NOLINT(readability-identifier-naming)
extern "C" const char lode_opencl_source_end[];    // NOLINT(readability-identifier-naming)

namespace lode::kernels::opencl {

using enum Flavour;
using gpu::Balance;

std::span<const Variant> variants() noexcept {
  static constexpr Variant kVariants[] = {
      {.name = "nvidia_light",
       .flavour = kNvidia,
       .balance = Balance::kLight,
       .keys_in_local_memory = true,
       .group_size = 128},
      {.name = "nvidia_medium",
       .flavour = kNvidia,
       .balance = Balance::kMedium,
       .keys_in_local_memory = true,
       .group_size = 128},
      {.name = "nvidia_heavy",
       .flavour = kNvidia,
       .balance = Balance::kHeavy,
       .keys_in_local_memory = true,
       .group_size = 128},
      {.name = "nvidia_none", .flavour = kNvidia, .keys_in_local_memory = true, .group_size = 128},
      {.name = "nvidia_light_recomputed", .flavour = kNvidia, .balance = Balance::kLight, .group_size = 128},
      {.name = "amd_v1", .flavour = kAmd, .keys_in_local_memory = true, .group_size = 64},
      {.name = "amd_v1_recomputed", .flavour = kAmd, .group_size = 64},
      {.name = "amd_v2_recomputed", .flavour = kAmd, .vector_width = 2, .group_size = 64},
      {.name = "plain_v1", .keys_in_local_memory = true, .group_size = 64},
      {.name = "plain_v1_recomputed", .group_size = 64},
      {.name = "plain_v2", .vector_width = 2, .keys_in_local_memory = true, .group_size = 32},
      {.name = "plain_v4", .vector_width = 4, .keys_in_local_memory = true, .group_size = 16},
      {.name = "plain_v8", .vector_width = 8, .keys_in_local_memory = true, .group_size = 16},
      {.name = "plain_v8_recomputed", .vector_width = 8, .group_size = 16},
  };
  return kVariants;
}

std::string_view source() noexcept {
  return {lode_opencl_source_begin, static_cast<std::size_t>(lode_opencl_source_end - lode_opencl_source_begin)};
}

std::string build_options(const Variant& variant) {
  const auto option = [](const char* name, std::uint32_t value) {
    return std::string(" -DLODE_") + name + '=' + std::to_string(value);
  };
  return "-cl-std=CL1.2" + option("FLAVOUR", static_cast<std::uint32_t>(variant.flavour)) +
         option("BALANCE", static_cast<std::uint32_t>(variant.balance)) + option("WIDTH", variant.vector_width) +
         option("GROUP_SIZE", variant.group_size) + option("KEYS_STORED", variant.keys_in_local_memory ? 1 : 0);
}

}  // namespace lode::kernels::opencl
