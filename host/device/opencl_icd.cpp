#include "host/device/opencl_icd.h"

namespace lode::device {

std::optional<OpenClIcd> find_opencl_icd(const SharedLibrary& library) {
  void* (*extension)(const char*) = nullptr;
  if (!library.find("clGetExtensionFunctionAddress", extension)) return std::nullopt;
  OpenClIcd icd;
  icd.platforms = reinterpret_cast<decltype(icd.platforms)>(extension("clIcdGetPlatformIDsKHR"));
  OpenClPlatformId first = nullptr;
  if (icd.platforms == nullptr || icd.platforms(1, &first, nullptr) != OpenClStatus::kSuccess || first == nullptr)
    return std::nullopt;
  // All platforms of a driver are served by the same functions.
  icd.table = *reinterpret_cast<void* const* const*>(first);
  if (icd.table == nullptr) return std::nullopt;
  return icd;
}

}  // namespace lode::device
