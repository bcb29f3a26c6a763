#include "kernels/cuda/images.h"

#include <array>

// LODE_CUDA_IMAGES is the folder in which the build leaves the fat binaries. Each lies between two symbols.
#ifdef LODE_CUDA_IMAGES
#define LODE_IMAGE(name)                                            \
  asm(".pushsection .rodata.lode_" #name                            \
      ", \"a\"\n"                                                   \
      ".balign 16\n"                                                \
      ".global lode_" #name "_begin\n.global lode_" #name           \
      "_end\n"                                                      \
      "lode_" #name "_begin: .incbin \"" LODE_CUDA_IMAGES "/" #name \
      ".fatbin\"\n"                                                 \
      "lode_" #name                                                 \
      "_end:\n"                                                     \
      ".popsection\n");                                             \
  extern "C" const std::byte lode_##name##_begin[];                 \
  extern "C" const std::byte lode_##name##_end[];

LODE_IMAGE(sha256d_m1_none)
LODE_IMAGE(sha256d_m1)
LODE_IMAGE(sha256d_m1_medium)
LODE_IMAGE(sha256d_m1_heavy)
LODE_IMAGE(sha256d_mn_none)
LODE_IMAGE(sha256d_mn)
LODE_IMAGE(sha256d_mn_medium)
LODE_IMAGE(sha256d_mn_heavy)
#endif

namespace lode::kernels::cuda {

std::span<const Image> images() noexcept {
#ifdef LODE_CUDA_IMAGES
  static const std::array kImages = {
      Image{"sha256d_m1", Balance::kNone, {lode_sha256d_m1_none_begin, lode_sha256d_m1_none_end}},
      Image{"sha256d_m1", Balance::kLight, {lode_sha256d_m1_begin, lode_sha256d_m1_end}},
      Image{"sha256d_m1", Balance::kMedium, {lode_sha256d_m1_medium_begin, lode_sha256d_m1_medium_end}},
      Image{"sha256d_m1", Balance::kHeavy, {lode_sha256d_m1_heavy_begin, lode_sha256d_m1_heavy_end}},
      Image{"sha256d_mn", Balance::kNone, {lode_sha256d_mn_none_begin, lode_sha256d_mn_none_end}},
      Image{"sha256d_mn", Balance::kLight, {lode_sha256d_mn_begin, lode_sha256d_mn_end}},
      Image{"sha256d_mn", Balance::kMedium, {lode_sha256d_mn_medium_begin, lode_sha256d_mn_medium_end}},
      Image{"sha256d_mn", Balance::kHeavy, {lode_sha256d_mn_heavy_begin, lode_sha256d_mn_heavy_end}},
  };
  return kImages;
#else
  return {};
#endif
}

}  // namespace lode::kernels::cuda
