#include "host/device/opencl_binary.h"

#include <gtest/gtest.h>

#include <set>

namespace lode::device {
namespace {

OpenClGpu gpu() {
  return {.platform_name = "platform",
          .platform_version = "1",
          .name = "name",
          .vendor = "vendor",
          .version = "2",
          .driver = "3"};
}

TEST(OpenClBinary, EverythingThatDecidesIsInTheKey) {
  std::set<OpenClBinaryKey> keys;
  const auto add = [&](std::string_view source, std::string_view options, const auto& change) {
    OpenClGpu changed = gpu();
    change(changed);
    EXPECT_TRUE(keys.insert(binary_key(source, options, changed)).second) << keys.size();
  };
  const auto same = [](OpenClGpu&) {};
  add("source", "options", same);
  add("sourc", "eoptions", same);  // the same bytes, cut elsewhere
  add("source2", "options", same);
  add("source", "options2", same);
  add("source", "options", [](OpenClGpu& of) { of.platform_version += '1'; });
  add("source", "options", [](OpenClGpu& of) { of.name += 'x'; });
  add("source", "options", [](OpenClGpu& of) { of.driver += '1'; });
  EXPECT_EQ(binary_key("source", "options", gpu()), binary_key("source", "options", gpu()));
  // Where a device is plugged in does not matter.
  OpenClGpu second = gpu();
  second.ordinal = 1;
  second.pci_bus_id = "0000:02:00.0";
  EXPECT_EQ(binary_key("source", "options", second), binary_key("source", "options", gpu()));
}

TEST(OpenClBinary, ComesBackAsItWas) {
  const OpenClBinaryKey key = binary_key("source", "options", gpu());
  for (const std::size_t size : {0U, 1U, 1000U}) {
    const Bytes binary(size, 0x5a);
    const auto decoded = decode_binary(key, encode_binary(key, binary));
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, binary);
  }
}

TEST(OpenClBinary, WhatIsDamagedIsNoBinary) {
  const OpenClBinaryKey key = binary_key("source", "options", gpu());
  const Bytes file = encode_binary(key, Bytes{1, 2, 3, 4});
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes damaged = file;
    damaged[i] ^= 0x40;
    EXPECT_FALSE(decode_binary(key, damaged)) << "byte " << i;
    EXPECT_FALSE(decode_binary(key, ByteView(file).first(i))) << "cut off at " << i;
  }
  Bytes longer = file;
  longer.push_back(0);
  EXPECT_FALSE(decode_binary(key, longer));
  EXPECT_EQ(decode_binary(binary_key("other", "options", gpu()), file).error().message(),
            "it is of another program or driver");
}

}  // namespace
}  // namespace lode::device
