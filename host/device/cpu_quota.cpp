#include "host/device/cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>

namespace lode::device {
namespace {

/// Nothing unless the whole text is a positive number.
std::optional<double> positive_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || value == 0) return std::nullopt;
  return static_cast<double>(value);
}

}  // namespace

std::optional<double> parse_cpu_max(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto quota = positive_number(text.substr(0, space));
  const auto period = positive_number(text.substr(space + 1));
  if (!quota || !period) return std::nullopt;
  return *quota / *period;
}

std::optional<double> cpu_quota(const std::filesystem::path& proc_cgroup, const std::filesystem::path& mount) {
  // The line of the one hierarchy of version 2 begins with "0::", then the group's path. In a container with a name
  // space of its own that is "/", which is where its quota lies, too.
  std::optional<std::filesystem::path> group;
  std::ifstream groups(proc_cgroup);
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::/")) group = std::filesystem::path(line.substr(4));
  }
  if (!group) return std::nullopt;

  std::optional<double> tightest;
  for (std::filesystem::path at = mount / *group;; at = at.parent_path()) {
    std::ifstream file(at / "cpu.max");
    std::string text;
    if (std::getline(file, text)) {
      if (const auto quota = parse_cpu_max(text)) tightest = std::min(tightest.value_or(*quota), *quota);
    }
    if (at == mount || at == at.parent_path() || !at.string().starts_with(mount.string())) break;
  }
  return tightest;
}

}  // namespace lode::device
