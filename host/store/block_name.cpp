#include "host/store/block_name.h"

#include <charconv>

namespace lode::store {
namespace {

constexpr std::string_view kSuffix = ".block";
constexpr std::string_view kTemporarySuffix = ".tmp";
constexpr std::size_t kHashDigits = 64;

template <class Integer>
std::optional<Integer> parse_number(std::string_view text) {
  Integer value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string to_file_name(const BlockName& name) {
  return std::to_string(name.height) + "-" + name.hash.to_display() + std::string(kSuffix);
}

std::optional<BlockName> parse_file_name(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.size() != dash + 1 + kHashDigits + kSuffix.size()) return std::nullopt;
  const auto height = parse_number<std::uint32_t>(text.substr(0, dash));
  const auto hash = chain::Hash256::from_display(text.substr(dash + 1, kHashDigits));
  if (!height || !hash) return std::nullopt;
  BlockName name{*height, *hash};
  if (to_file_name(name) != text) return std::nullopt;  // leading zeros, capitals, another suffix
  return name;
}

std::string to_temporary_name(const BlockName& name, std::int64_t pid) {
  return to_file_name(name) + "." + std::to_string(pid) + std::string(kTemporarySuffix);
}

std::optional<TemporaryName> parse_temporary_name(std::string_view text) {
  if (!text.ends_with(kTemporarySuffix)) return std::nullopt;
  text.remove_suffix(kTemporarySuffix.size());
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto block = parse_file_name(text.substr(0, dot));
  const auto pid = parse_number<std::int64_t>(text.substr(dot + 1));
  if (!block || !pid || *pid <= 0) return std::nullopt;
  return TemporaryName{*block, *pid};
}

}  // namespace lode::store
