#include "host/device/cuda_gpu.h"

#include <array>
#include <cstring>

namespace lode::device {
namespace {

Result<std::string> text(CudaStatus status, std::string_view call, const std::array<char, 256>& buffer) {
  if (const auto good = checked(status, call); !good) return good.error();
  return std::string(buffer.data(), ::strnlen(buffer.data(), buffer.size()));
}

Result<int> attribute(CudaDriver& driver, CudaDeviceAttribute which, int device) {
  int value = 0;
  if (const auto good = checked(driver.device_attribute(value, which, device), "cuDeviceGetAttribute"); !good)
    return good.error();
  return value;
}

Result<CudaGpu> describe(CudaDriver& driver, int ordinal) {
  CudaGpu gpu{.ordinal = ordinal, .name = {}, .pci_bus_id = {}};
  if (const auto good = checked(driver.device(gpu.device, ordinal), "cuDeviceGet"); !good) return good.error();

  std::array<char, 256> buffer{};
  auto name = text(driver.device_name(buffer, gpu.device), "cuDeviceGetName", buffer);
  if (!name) return name.error();
  gpu.name = *std::move(name);
  buffer.fill('\0');
  auto bus = text(driver.device_pci_bus_id(buffer, gpu.device), "cuDeviceGetPCIBusId", buffer);
  if (!bus) return bus.error();
  gpu.pci_bus_id = *std::move(bus);

  if (const auto good = checked(driver.device_memory(gpu.memory, gpu.device), "cuDeviceTotalMem"); !good)
    return good.error();
  const auto major = attribute(driver, CudaDeviceAttribute::kComputeCapabilityMajor, gpu.device);
  if (!major) return major.error();
  const auto minor = attribute(driver, CudaDeviceAttribute::kComputeCapabilityMinor, gpu.device);
  if (!minor) return minor.error();
  gpu.capability = 10 * *major + *minor;
  const auto multiprocessors = attribute(driver, CudaDeviceAttribute::kMultiprocessorCount, gpu.device);
  if (!multiprocessors) return multiprocessors.error();
  gpu.multiprocessors = *multiprocessors;
  return gpu;
}

}  // namespace

Result<void> checked(CudaStatus status, std::string_view call) {
  if (status == CudaStatus::kSuccess) return {};
  return fail(Errc::kDevice, std::string(call) + ": error " + to_string(status));
}

Result<std::vector<CudaGpu>> list_cuda_gpus(CudaDriver& driver) {
  int count = 0;
  if (const auto good = checked(driver.device_count(count), "cuDeviceGetCount"); !good) return good.error();
  if (count <= 0) return fail(Errc::kDevice, "no GPU (the driver sees none)");
  std::vector<CudaGpu> gpus;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    auto gpu = describe(driver, ordinal);
    if (!gpu) return gpu.error();
    gpus.push_back(*std::move(gpu));
  }
  return gpus;
}

Result<std::string> cuda_driver_version(CudaDriver& driver) {
  int version = 0;
  if (const auto good = checked(driver.driver_version(version), "cuDriverGetVersion"); !good) return good.error();
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace lode::device
