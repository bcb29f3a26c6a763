// Compiled OpenCL programs as files: what they are the result of, and what a file of them looks like. Compiling takes
// seconds, and the same source, options and driver give the same program.
//
// A file is a head of 80 bytes and the driver's binary:
//   0   8  "lodeocl1"
//   8   8  length of the binary, little-endian
//   16 32  key: SHA-256 of what the program was made of
//   48 32  SHA-256 of the binary
// Pure functions and an interface; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/hash256.h"
#include "host/device/opencl_gpu.h"

namespace lode::device {

using OpenClBinaryKey = chain::Hash256;

/// Of everything that decides what the driver makes of a program.
OpenClBinaryKey binary_key(std::string_view source, std::string_view options, const OpenClGpu& gpu);

Bytes encode_binary(const OpenClBinaryKey& key, ByteView binary);

/// The binary in a file, or why it is none: kMalformed, one sentence without its name. The driver may still refuse it.
Result<Bytes> decode_binary(const OpenClBinaryKey& key, ByteView file);

/// Where binaries are kept between runs. Any thread.
class OpenClBinaryStore {
 public:
  virtual ~OpenClBinaryStore() = default;
  /// Nothing: there is none that is sound.
  virtual std::optional<Bytes> load(const OpenClBinaryKey& key) = 0;
  /// Where it cannot be kept, the next run compiles again.
  virtual void save(const OpenClBinaryKey& key, ByteView binary) = 0;
};

/// One that forgets them with the process. One thread at a time.
class OpenClMemoryStore final : public OpenClBinaryStore {
 public:
  std::optional<Bytes> load(const OpenClBinaryKey& key) override;
  void save(const OpenClBinaryKey& key, ByteView binary) override;

 private:
  std::map<OpenClBinaryKey, Bytes> kept_;
};

}  // namespace lode::device
