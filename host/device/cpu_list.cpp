#include "host/device/cpu_list.h"

#include <algorithm>
#include <charconv>

namespace lode::device {
namespace {

Result<unsigned> parse_number(std::string_view text) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range || (error == std::errc{} && stop == end && value > kHighestCpu)) {
    return fail(Errc::kOutOfRange, "CPU numbers end at " + std::to_string(kHighestCpu));
  }
  if (text.empty() || error != std::errc{} || stop != end) {
    return fail(Errc::kMalformed, "CPU numbers and ranges are wanted, such as 0-3,8");
  }
  return value;
}

}  // namespace

Result<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
  std::vector<unsigned> cpus;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, comma - at);
    const std::size_t dash = part.find('-');
    const auto first = parse_number(part.substr(0, dash));
    if (!first) return first.error();
    const auto last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
    if (!last) return last.error();
    if (*last < *first) return fail(Errc::kMalformed, "a range of CPUs must not run backwards");
    for (unsigned cpu = *first; cpu <= *last; ++cpu) {
      if (std::ranges::find(cpus, cpu) != cpus.end()) {
        return fail(Errc::kMalformed, "CPU " + std::to_string(cpu) + " is named twice");
      }
      cpus.push_back(cpu);
    }
    at = comma + 1;
  }
  return cpus;
}

std::string format_cpu_list(std::span<const unsigned> cpus) {
  std::vector<unsigned> sorted(cpus.begin(), cpus.end());
  std::ranges::sort(sorted);
  std::string text;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[end - 1] + 1)
      ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(sorted[i]);
    if (end - i > 1) text += '-' + std::to_string(sorted[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace lode::device
