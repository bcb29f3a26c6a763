// Runs the suite of all kernels on the CUDA kernels' source, which the CPU executes.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/kernels/emulated_gpu.h"
#include "tests/kernels/kernel_suite.h"

namespace lode::kernels {
namespace {

std::vector<std::string> emulated_names() {
  std::vector<std::string> names;
  for (const Kernel& kernel : emulated_gpu_kernels())
    names.emplace_back(kernel.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cuda, KernelTest, ::testing::ValuesIn(emulated_names()), kKernelName);

}  // namespace

const Kernel& tested_kernel(std::string_view name) {
  for (const Kernel& kernel : emulated_gpu_kernels()) {
    if (kernel.name == name) return kernel;
  }
  throw std::out_of_range("no emulated kernel " + std::string(name));
}

}  // namespace lode::kernels
