// Questions with known answers, for whatever scans, before it is trusted with work. Pure functions; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/core/scan_job.h"
#include "kernels/core/sha256.h"

namespace lode::kernels {

/// Scans a range, or a part of it from the front, as ScanResult says; nothing if that failed. It may stop at any hit,
/// but after one nonce at least. The list has kMinHitCapacity places.
using AnyScan = std::function<std::optional<ScanResult>(const ScanJob& job, NonceRange range, std::span<Hit> hits)>;

namespace known_answers {

using HeaderBytes = std::array<std::uint8_t, 80>;

constexpr std::uint8_t hex_digit(char c) noexcept {
  return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

constexpr HeaderBytes parse_header(std::string_view hex) noexcept {
  HeaderBytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
  }
  return bytes;
}

struct KnownBlock {
  std::string_view name;
  HeaderBytes header;
};

/// Real blocks of the main network: their nonces are the answers.
inline constexpr KnownBlock kBlocks[] = {
    {"main network block 0",
     parse_header("0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd"
                  "7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c")},
    {"main network block 1",
     parse_header("010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd"
                  "1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299")},
    {"main network block 125552",
     parse_header("0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2"
                  "fffc8d750423db8b1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695")},
    {"main network block 170",
     parse_header("0100000055bd840a78798ad0da853f68974f3d183e2bd1db6a842c1feecf222a00000000ff104ccb"
                  "05421ab93e63f8c3ce5c2c2e9dbb37de2764b3a3175c8166562cac7d51b96a49ffff001d283e9e70")},
    {"main network block 677119, whose version bits were rolled",
     parse_header("00e0ff3fdac23084f96460979c3d18a0d6e888c8a6dd6eaa32ec0a000000000000000000378f9f5b"
                  "196b76e5a44c32de43503f2ff5b50a159676833551dd4b7c469f4cd1b73764606fdf0c1700f6b6da")},
};

inline std::uint32_t word(const HeaderBytes& header, std::size_t index) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = (value << 8) | header[4 * index + i];
  return value;
}

inline ScanJob job_of(const HeaderBytes& header) {
  ScanJob job;
  job.midstate_count = 1;
  job.midstates[0] = header_midstate(std::span(header).first<64>());
  job.merkle_tail = word(header, 16);
  job.time = word(header, 17);
  job.bits = word(header, 18);
  return job;
}

/// What any right kernel finds, by whole SHA-256 blocks: shares nothing with the kernels but the round function.
inline std::vector<Hit> answers(const ScanJob& job, NonceRange range) {
  std::vector<Hit> hits;
  for (std::uint64_t i = 0; i < range.count; ++i) {
    const std::uint32_t nonce = range.first + static_cast<std::uint32_t>(i);
    for (std::uint32_t m = 0; m < job.midstate_count; ++m) {
      Block tail{job.merkle_tail, job.time, job.bits, nonce, 0x80000000};
      tail[15] = 80 * 8;
      const State inner = compress(job.midstates[m], tail);
      Block digest{};
      std::ranges::copy(inner, digest.begin());
      digest[8] = 0x80000000;
      digest[15] = 32 * 8;
      if (byte_swap(compress(kInitialState, digest)[7]) <= job.limit) hits.push_back({nonce, m});
    }
  }
  std::ranges::sort(hits);
  return hits;
}

/// Scans the whole range, going on where it stopped; nothing if it breaks its contract.
inline std::optional<std::vector<Hit>> scan_all(const AnyScan& scan, const ScanJob& job, NonceRange range) {
  std::vector<Hit> all;
  std::vector<Hit> list(kMinHitCapacity);
  while (range.count > 0) {
    const std::optional<ScanResult> result = scan(job, range, list);
    if (!result || result->nonces == 0 || result->nonces > range.count || result->hits > list.size())
      return std::nullopt;
    all.insert(all.end(), list.begin(), list.begin() + result->hits);
    range.first += static_cast<std::uint32_t>(result->nonces);
    range.count -= result->nonces;
  }
  std::ranges::sort(all);
  return all;
}

inline std::optional<std::string> check(const AnyScan& scan, const ScanJob& job, NonceRange range,
                                        const std::vector<Hit>& expected, std::string_view what) {
  const std::string where = std::string(what) + " (nonce words from " + std::to_string(range.first) + ", " +
                            std::to_string(range.count) + " of them)";
  const auto found = scan_all(scan, job, range);
  if (!found) return where + ": it stopped without progress or counted wrong";
  if (*found == expected) return std::nullopt;
  std::size_t right = 0;
  for (const Hit& hit : expected)
    right += std::ranges::binary_search(*found, hit) ? 1U : 0U;
  return where + ": found " + std::to_string(found->size()) + " nonces, of which " + std::to_string(right) +
         " right, instead of " + std::to_string(expected.size());
}

}  // namespace known_answers

/// Nothing if exactly the right nonces were found in every case, else which case failed and how. A few hundred
/// thousand hashes' time, about a hundred scans.
inline std::optional<std::string> check_known_answers(const AnyScan& scan) {
  using namespace known_answers;
  for (const KnownBlock& block : kBlocks) {
    ScanJob job = job_of(block.header);
    const std::uint32_t nonce = word(block.header, 19);
    // The limit is the block's own: only its nonce can pass.
    const Digest hash = sha256d(block.header);
    job.limit = byte_swap(std::uint32_t{hash[28]} << 24 | std::uint32_t{hash[29]} << 16 | std::uint32_t{hash[30]} << 8 |
                          hash[31]);
    // An odd number of nonces around the answer, which has another place in the kernel's lanes each time.
    for (std::uint32_t before = 0; before < 17; ++before) {
      const NonceRange range{nonce - before, 37};
      if (auto failure = check(scan, job, range, {{nonce, 0}}, block.name)) return failure;
    }
    if (auto failure = check(scan, job, {nonce - 20, 20}, {}, std::string(block.name) + ", without its nonce")) {
      return failure;
    }
  }

  // Easy targets, several midstates, both ends of the range, and lists that overflow.
  ScanJob job = job_of(kBlocks[0].header);
  job.midstate_count = 3;
  for (std::uint32_t i = 1; i < 3; ++i) {
    HeaderBytes rolled = kBlocks[0].header;
    rolled[2] = static_cast<std::uint8_t>(rolled[2] ^ (0x20U * i));
    job.midstates[i] = header_midstate(std::span(rolled).first<64>());
  }
  struct Easy {
    std::string_view name;
    std::uint32_t limit;
    NonceRange range;
  };
  constexpr Easy kEasy[] = {
      {"one hash in 256", 0x00ffffff, {0, 1031}},
      {"one hash in 340, over the wrap", 0x00c0ffee, {0xffffff00, 515}},
      {"every second hash", 0x7fffff00, {0xfffffffd, 101}},
      {"every hash", 0xffffffff, {0x7fffffff, 713}},
      {"one nonce", 0xffffffff, {0xffffffff, 1}},
      {"no nonce", 0xffffffff, {12345, 0}},
  };
  for (const Easy& easy : kEasy) {
    job.limit = easy.limit;
    if (auto failure = check(scan, job, easy.range, answers(job, easy.range), easy.name)) return failure;
  }
  return std::nullopt;
}

}  // namespace lode::kernels
