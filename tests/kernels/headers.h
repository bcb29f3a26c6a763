// Real block headers of the main network, with their published hashes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/core/scan_job.h"
#include "kernels/core/sha256.h"

namespace lode::kernels {

template <std::size_t kSize>
constexpr std::array<std::uint8_t, kSize> parse_hex(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::array<std::uint8_t, kSize> bytes{};
  for (std::size_t i = 0; i < kSize; ++i) {
    bytes[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  }
  return bytes;
}

struct RealHeader {
  std::string_view name;
  std::array<std::uint8_t, 80> bytes;
  std::string_view published_hash;  ///< as explorers print it, most significant byte first

  [[nodiscard]] constexpr Digest hash() const {
    Digest digest = parse_hex<32>(published_hash);
    std::reverse(digest.begin(), digest.end());
    return digest;
  }
  /// Big-endian word `index` of 0 .. 19.
  [[nodiscard]] constexpr std::uint32_t word(std::size_t index) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = (value << 8) | bytes[4 * index + i];
    return value;
  }
  [[nodiscard]] constexpr std::uint32_t nonce_word() const { return word(19); }
  /// A job with this header as its only midstate; limit 0 and no range.
  [[nodiscard]] constexpr ScanJob job() const {
    ScanJob job;
    job.midstate_count = 1;
    job.midstates[0] = header_midstate(std::span(bytes).first<64>());
    job.merkle_tail = word(16);
    job.time = word(17);
    job.bits = word(18);
    return job;
  }
};

/// The last one's version bits (0x3fffe000) were rolled.
inline constexpr RealHeader kRealHeaders[] = {
    {"block 0",
     parse_hex<80>("0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd"
                   "7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"),
     "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"},
    {"block 1",
     parse_hex<80>("010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd"
                   "1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"),
     "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"},
    {"block 125552",
     parse_hex<80>("0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2"
                   "fffc8d750423db8b1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695"),
     "00000000000000001e8d6829a8a21adc5d38d0a473b144b6765798e61f98bd1d"},
    {"block 170",
     parse_hex<80>("0100000055bd840a78798ad0da853f68974f3d183e2bd1db6a842c1feecf222a00000000ff104ccb"
                   "05421ab93e63f8c3ce5c2c2e9dbb37de2764b3a3175c8166562cac7d51b96a49ffff001d283e9e70"),
     "00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee"},
    {"block 677119",
     parse_hex<80>("00e0ff3fdac23084f96460979c3d18a0d6e888c8a6dd6eaa32ec0a000000000000000000378f9f5b"
                   "196b76e5a44c32de43503f2ff5b50a159676833551dd4b7c469f4cd1b73764606fdf0c1700f6b6da"),
     "000000000000000000046b9302e08c16ea186950f42a5498320ddd1bd7ab3428"},
};
inline constexpr const RealHeader& kGenesis = kRealHeaders[0];

}  // namespace lode::kernels
