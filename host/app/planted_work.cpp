#include "host/app/planted_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "host/base/endian.h"
#include "host/chain/hash256.h"
#include "kernels/core/sha256.h"

namespace lode::app {
namespace {

/// Headers that are hashed beforehand for each of the two windows: this part of the range, within limits. The job's
/// target is such that about one of them is a solution. So what is fast gets solutions so seldom that collecting them
/// does not slow a scan down, and the slow get enough; hashing beforehand takes about a second at most.
constexpr std::uint64_t kWindowsInRange = 1024;
constexpr std::uint64_t kFewestWindowHashes = 1U << 16;
constexpr std::uint64_t kMostWindowHashes = 1U << 20;
constexpr std::uint32_t kMinWindow = 256;

/// Lowest bit that a template lets roll (BIP320); the versions of a job count up from there.
constexpr unsigned kLowestRolledBit = 13;

struct Sample {
  std::uint64_t offset = 0;
  std::uint32_t midstate = 0;
  std::uint32_t top_word = 0;
};

void fill_random(std::mt19937_64& random, std::span<std::uint8_t> bytes) {
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>(random());
}

std::uint32_t lowest(const std::vector<Sample>& samples) {
  return std::ranges::min_element(samples, {}, &Sample::top_word)->top_word;
}

}  // namespace

PlantedWork::PlantedWork(std::mt19937_64& random, std::uint32_t midstates, std::uint32_t first, std::uint64_t nonces) {
  chain::Header header;
  fill_random(random, header.previous_block.bytes);
  fill_random(random, header.merkle_root.bytes);
  header.time = static_cast<std::uint32_t>(random());
  header.bits = static_cast<std::uint32_t>(random());
  job_.midstate_count = midstates;
  for (std::uint32_t i = 0; i < midstates; ++i) {
    header.version = 0x20000000U | (i << kLowestRolledBit);
    headers_.push_back(header.serialize());
    job_.midstates.at(i) = kernels::header_midstate(std::span(headers_.back()).first<64>());
  }
  const std::span<const std::uint8_t, chain::kHeaderSize> bytes(headers_.front());
  job_.merkle_tail = read_be<std::uint32_t>(bytes.subspan<64, 4>());
  job_.time = read_be<std::uint32_t>(bytes.subspan<68, 4>());
  job_.bits = read_be<std::uint32_t>(bytes.subspan<72, 4>());

  const std::uint64_t window_hashes =
      std::clamp(nonces * midstates / kWindowsInRange, kFewestWindowHashes, kMostWindowHashes);
  const std::uint32_t window = std::max(kMinWindow, static_cast<std::uint32_t>(window_hashes / midstates));
  const std::uint64_t length = std::clamp<std::uint64_t>(nonces, 2 * std::uint64_t{window}, std::uint64_t{1} << 32);
  const auto sample = [&](std::uint64_t from) {
    std::vector<Sample> samples;
    for (std::uint64_t offset = from; offset < from + window; ++offset) {
      for (std::uint32_t i = 0; i < midstates; ++i) {
        samples.push_back({offset, i, top_word(static_cast<std::uint32_t>(first + offset), i)});
      }
    }
    return samples;
  };
  const std::vector<Sample> head = sample(0);
  const std::vector<Sample> tail = sample(length - window);
  job_.limit = std::max(lowest(head), lowest(tail));

  for (const auto* samples : {&head, &tail}) {
    for (const Sample& at : *samples) {
      if (at.top_word <= job_.limit) known_.push_back({at.offset, at.midstate});
    }
  }
  // The range is what lies between the first and the last of them, both included.
  const std::uint64_t begin = known_.front().offset;
  const std::uint64_t end = known_.back().offset + 1;
  for (PlantedHit& hit : known_)
    hit.offset -= begin;
  job_.range = {static_cast<std::uint32_t>(first + begin), end - begin};
}

std::uint32_t PlantedWork::top_word(std::uint32_t nonce_word, std::uint32_t midstate) const {
  std::array<std::uint8_t, chain::kHeaderSize> bytes = headers_[midstate];
  write_be<std::uint32_t>(std::span(bytes).subspan<76, 4>(), nonce_word);
  const chain::Hash256 hash = chain::sha256d(ByteView(bytes));
  return read_le<std::uint32_t>(std::span<const std::uint8_t, 32>(hash.bytes).subspan<28, 4>());
}

std::optional<std::string> PlantedWork::fault(std::vector<PlantedHit> hits, std::uint64_t nonces) const {
  const auto describe = [this](const PlantedHit& hit) {
    return fmt::format("nonce word {:08x}, midstate {}", static_cast<std::uint32_t>(job_.range.first + hit.offset),
                       hit.midstate);
  };
  std::ranges::sort(hits);
  if (const auto twice = std::ranges::adjacent_find(hits); twice != hits.end()) {
    return "reported twice: " + describe(*twice);
  }
  for (const PlantedHit& hit : hits) {
    if (hit.midstate >= job_.midstate_count || hit.offset >= nonces) return "reported out of range: " + describe(hit);
    const auto nonce_word = static_cast<std::uint32_t>(job_.range.first + hit.offset);
    if (top_word(nonce_word, hit.midstate) > job_.limit) return "false solution: " + describe(hit);
  }
  for (const PlantedHit& hit : known_) {
    if (hit.offset < nonces && !std::ranges::binary_search(hits, hit)) return "missed solution: " + describe(hit);
  }
  return std::nullopt;
}

}  // namespace lode::app
