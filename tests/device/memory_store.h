// Keeps compiled OpenCL kernels in memory, for tests.
#pragma once

#include <map>
#include <optional>

#include "host/device/opencl_binary.h"

namespace lode::device {

class MemoryStore final : public OpenClBinaryStore {
 public:
  std::optional<Bytes> load(const OpenClBinaryKey& key) override {
    const auto found = kept.find(key);
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  }
  void save(const OpenClBinaryKey& key, ByteView binary) override { kept[key] = Bytes(binary.begin(), binary.end()); }
  std::map<OpenClBinaryKey, Bytes> kept;
};

}  // namespace lode::device
