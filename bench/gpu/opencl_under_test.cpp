#include "bench/gpu/opencl_under_test.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "host/device/opencl_binary.h"
#include "host/device/opencl_device.h"
#include "host/device/opencl_library.h"
#include "host/device/opencl_session.h"
#include "tests/device/fake_opencl.h"

namespace lode::bench {
namespace {

using device::OpenClGpu;

/// The devices of the right kind.
std::vector<OpenClGpu> devices_of(device::OpenClDriver& driver, bool cpu) {
  auto gpus = device::list_opencl_gpus(driver);
  if (!gpus) return {};
  std::erase_if(*gpus, [&](const OpenClGpu& gpu) { return gpu.is_cpu() != cpu; });
  return *std::move(gpus);
}

}  // namespace

bool is_same_bus(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

Result<OpenClUnderTest> open_opencl_under_test(const Options& options, const std::string& pci_bus_id) {
  OpenClUnderTest found;
  found.help.store = std::make_shared<device::OpenClMemoryStore>();
  if (options.played) {
    auto played = std::make_shared<device::FakeOpenCl>();
    found.gpu = played->gpu();
    found.driver = std::move(played);
    return found;
  }
  auto loader = device::open_opencl_driver();
  if (!loader) return loader.error();
  std::vector<std::shared_ptr<device::OpenClDriver>> drivers = {*loader};
  for (const char* const name : device::kOpenClDrivers) {
    if (options.cpu) break;
    // A loader may know other drivers only.
    if (auto alone = device::open_opencl_driver(name, {})) drivers.push_back(*std::move(alone));
  }
  for (const auto& driver : drivers) {
    for (const OpenClGpu& gpu : devices_of(*driver, options.cpu)) {
      const bool preferred = !pci_bus_id.empty() && is_same_bus(gpu.pci_bus_id, pci_bus_id);
      if (found.driver && !preferred) continue;
      found.driver = driver;
      found.gpu = gpu;
      if (preferred) return found;
    }
  }
  if (!found.driver) return fail(Errc::kDevice, options.cpu ? "no driver offers a CPU" : "no driver offers a GPU");
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
