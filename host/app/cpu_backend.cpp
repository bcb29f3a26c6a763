#include "host/app/cpu_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "host/app/text.h"
#include "host/device/cpu_device.h"
#include "kernels/cpu/cpu_features.h"
#include "kernels/cpu/registry.h"

namespace lode::app {
namespace {

unsigned hardware_threads() {
  return std::max(1U, std::thread::hardware_concurrency());
}

Error unknown_kernel(const std::string& name) {
  std::string known;
  for (const kernels::Kernel& kernel : kernels::kernels())
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kernel.name);
  return fail(Errc::kOutOfRange,
              fmt::format("--kernel: there is no kernel '{}'; known are {}", printable(name), known));
}

}  // namespace

std::vector<DeviceDescription> describe_cpu() {
  DeviceDescription cpu{
      .id = "cpu", .name = device::cpu_name(), .threads = hardware_threads(), .features = {}, .kernels = {}};
  const kernels::CpuFeatures features = kernels::detect_cpu_features();
  for (const kernels::CpuFeature feature : kernels::kAllCpuFeatures) {
    if (features.has(feature)) cpu.features.emplace_back(kernels::to_string(feature));
  }
  const kernels::Kernel& best = kernels::best_kernel(features);
  for (const kernels::Kernel& kernel : kernels::kernels()) {
    cpu.kernels.push_back({.name = std::string(kernel.name),
                           .description = std::string(kernel.description),
                           .unusable = kernels::why_unusable(kernel, features).value_or(""),
                           .is_default = kernel.name == best.name});
  }
  return {cpu};
}

Result<Devices> open_cpu(const DeviceRequest& request) {
  const kernels::Kernel* const kernel =
      request.kernel.empty() ? &kernels::best_kernel() : kernels::find_kernel(request.kernel);
  if (kernel == nullptr) return unknown_kernel(request.kernel);
  if (const auto reason = kernels::why_unusable(*kernel)) {
    return fail(Errc::kDevice, fmt::format("kernel {} is not usable here: {}", kernel->name, *reason));
  }
  Devices devices;
  const unsigned threads = request.threads == 0 ? hardware_threads() : request.threads;
  for (unsigned i = 0; i < threads; ++i)
    devices.push_back(std::make_unique<device::CpuDevice>(*kernel));
  return devices;
}

}  // namespace lode::app
