#include "host/app/repeat_limit.h"

#include <fmt/format.h>

#include <algorithm>

namespace lode::app {
namespace {

constexpr std::string_view kBefore = "('";
constexpr std::string_view kBehind = ".,:;)'%";
constexpr std::size_t kHashDigits = 64;

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// A number or a hash. An address is not: it tells sources apart.
bool is_variable(std::string_view word) {
  if (const std::size_t begin = word.find_first_not_of(kBefore); begin != std::string_view::npos) {
    word.remove_prefix(begin);
  }
  word = word.substr(0, word.find_last_not_of(kBehind) + 1);
  if (word.size() >= kHashDigits && all_of(word, "0123456789abcdefABCDEF")) return true;
  return all_of(word, "0123456789.+-e") && word.find_first_of("0123456789") != std::string_view::npos &&
         std::count(word.begin(), word.end(), '.') <= 1;
}

std::string kind_of(std::string_view line) {
  std::string kind;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    kind += is_variable(word) ? "#" : word;
    kind += ' ';
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return kind;
}

}  // namespace

bool RepeatLimit::admit(std::string_view line, TimePoint now) {
  std::string name = kind_of(line);
  if (kinds_.size() >= kKinds && !kinds_.contains(name)) name.clear();
  Kind& kind = kinds_.try_emplace(std::move(name), Kind{.since = now}).first->second;
  if (now - kind.since >= kPeriod) kind = {.since = now};
  if (++kind.lines <= kShown) return true;
  kind.last = line;
  return false;
}

std::vector<std::string> RepeatLimit::take_reports(TimePoint now) {
  std::vector<std::string> reports;
  std::erase_if(kinds_, [&](const auto& entry) {
    const Kind& kind = entry.second;
    if (now - kind.since < kPeriod) return false;
    if (kind.lines > kShown) {
      reports.push_back(fmt::format("{} more of this kind in {} s, the last: {}", kind.lines - kShown,
                                    std::chrono::duration_cast<std::chrono::seconds>(now - kind.since).count(),
                                    kind.last));
    }
    return true;
  });
  return reports;
}

}  // namespace lode::app
