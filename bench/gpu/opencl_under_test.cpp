#include "bench/gpu/opencl_under_test.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "host/device/opencl_binary.h"
#include "host/device/opencl_device.h"
#include "host/device/opencl_library.h"
#include "host/device/opencl_session.h"
#include "tests/device/fake_opencl.h"

namespace lode::bench {
namespace {

using device::OpenClGpu;

/// Of all that the driver offers, the preferred one, or the first of the right kind.
std::optional<OpenClGpu> choose(device::OpenClDriver& driver, bool cpu, const std::string& pci_bus_id) {
  auto gpus = device::list_opencl_gpus(driver);
  if (!gpus) return std::nullopt;
  std::erase_if(*gpus, [&](const OpenClGpu& gpu) { return gpu.is_cpu() != cpu; });
  if (gpus->empty()) return std::nullopt;
  const auto same = std::ranges::find(*gpus, pci_bus_id, &OpenClGpu::pci_bus_id);
  return same != gpus->end() ? *same : gpus->front();
}

}  // namespace

Result<OpenClUnderTest> open_opencl_under_test(const Options& options, const std::string& pci_bus_id) {
  OpenClUnderTest found;
  found.help.store = std::make_shared<device::OpenClMemoryStore>();
  if (options.played) {
    auto played = std::make_shared<device::FakeOpenCl>();
    found.gpu = played->gpu();
    found.driver = std::move(played);
    return found;
  }
  auto driver = device::open_opencl_driver();
  if (!driver) return driver.error();
  auto gpu = choose(**driver, options.cpu, pci_bus_id);
  for (const char* const name : device::kOpenClDrivers) {
    // A loader may know other drivers only.
    if (gpu || options.cpu) break;
    auto alone = device::open_opencl_driver(name, {});
    if (!alone) continue;
    gpu = choose(**alone, false, pci_bus_id);
    if (gpu) driver = *std::move(alone);
  }
  if (!gpu) return fail(Errc::kDevice, options.cpu ? "no driver offers a CPU" : "no driver offers a GPU");
  found.driver = *std::move(driver);
  found.gpu = *std::move(gpu);
  return found;
}

std::unique_ptr<device::GpuSession> open_session(const OpenClUnderTest& opencl, const device::OpenClSetting& setting) {
  const device::OpenClKernelUse use = device::use_of(setting);
  auto session = device::OpenClSession::open(opencl.driver, opencl.gpu, {.single = use, .rolling = use}, opencl.help);
  if (!session) throw std::runtime_error(session.error().message());
  return *std::move(session);
}

std::unique_ptr<device::GpuDevice> open_device(const OpenClUnderTest& opencl, const device::OpenClSetting& setting) {
  const device::OpenClKernelUse use = device::use_of(setting);
  auto device =
      device::open_opencl_device(opencl.driver, opencl.gpu, {.single = use, .rolling = use}, "opencl", opencl.help, {});
  if (!device) throw std::runtime_error(device.error().message());
  return *std::move(device);
}

}  // namespace lode::bench
