#include "host/device/opencl_binary.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lode::device {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'l', 'o', 'd', 'e', 'o', 'c', 'l', '1'};
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kKeyAt = 16;
constexpr std::size_t kChecksumAt = 48;
constexpr std::size_t kHead = 80;

void append_length(Bytes& to, std::uint64_t length) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    to.push_back(static_cast<std::uint8_t>(length >> shift));
}

std::uint64_t length_at(ByteView from) {
  std::uint64_t length = 0;
  for (unsigned i = 0; i < 8; ++i)
    length |= std::uint64_t{from[i]} << (8 * i);
  return length;
}

/// With its length before it: no two lists of texts give the same bytes.
void append_text(Bytes& to, std::string_view text) {
  append_length(to, text.size());
  to.insert(to.end(), text.begin(), text.end());
}

}  // namespace

OpenClBinaryKey binary_key(std::string_view source, std::string_view options, const OpenClGpu& gpu) {
  Bytes all;
  for (const std::string_view text :
       {source, options, std::string_view(gpu.platform_name), std::string_view(gpu.platform_version),
        std::string_view(gpu.vendor), std::string_view(gpu.name), std::string_view(gpu.version),
        std::string_view(gpu.driver)}) {
    append_text(all, text);
  }
  return chain::sha256(all);
}

Bytes encode_binary(const OpenClBinaryKey& key, ByteView binary) {
  Bytes file(kMagic.begin(), kMagic.end());
  append_length(file, binary.size());
  append(file, key.bytes);
  const chain::Hash256 checksum = chain::sha256(binary);
  append(file, checksum.bytes);
  append(file, binary);
  return file;
}

Result<Bytes> decode_binary(const OpenClBinaryKey& key, ByteView file) {
  const auto malformed = [](const char* why) { return fail(Errc::kMalformed, why); };
  if (file.size() < kHead) return malformed("it is cut off");
  if (!std::ranges::equal(file.first(kMagic.size()), kMagic)) return malformed("it is no compiled program");
  const ByteView binary = file.subspan(kHead);
  if (length_at(file.subspan(kLengthAt)) != binary.size()) return malformed("its length is wrong");
  if (!std::ranges::equal(file.subspan(kKeyAt, key.bytes.size()), key.bytes))
    return malformed("it is of another program or driver");
  const chain::Hash256 checksum = chain::sha256(binary);
  if (!std::ranges::equal(file.subspan(kChecksumAt, checksum.bytes.size()), checksum.bytes))
    return malformed("its checksum is wrong");
  return Bytes(binary.begin(), binary.end());
}

std::optional<Bytes> OpenClMemoryStore::load(const OpenClBinaryKey& key) {
  const auto found = kept_.find(key);
  return found == kept_.end() ? std::nullopt : std::optional(found->second);
}

void OpenClMemoryStore::save(const OpenClBinaryKey& key, ByteView binary) {
  kept_[key] = Bytes(binary.begin(), binary.end());
}

}  // namespace lode::device
