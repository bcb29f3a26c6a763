#include "host/store/longpoll_file.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "host/base/bytes.h"
#include "host/base/hex.h"
#include "host/store/posix_file.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;
using LongpollSeconds = std::chrono::seconds;

constexpr std::size_t kMaxLongpollId = 1024;
constexpr std::size_t kMaxLongpollName = 200;
constexpr std::size_t kMaxLongpollFile = 4096;
/// 9999-12-31, so that no sum of times overflows.
constexpr std::int64_t kLastLongpollSecond = 253'402'300'799;

/// Node names hold what host names and addresses do; anything else must not reach another folder.
std::string file_name(const std::string& node) {
  std::string name = node.substr(0, kMaxLongpollName);
  std::ranges::replace_if(
      name,
      [](char c) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return !plain && c != '.' && c != '-' && c != ':' && c != '[' && c != ']';
      },
      '_');
  return name + ".txt";
}

bool take_longpoll_line(std::string_view name, std::string_view value, LeftLongpoll& left) {
  if (name == "sent") {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || end != value.data() + value.size() || seconds < 0 || seconds > kLastLongpollSecond)
      return false;
    left.sent = std::chrono::system_clock::time_point(LongpollSeconds(seconds));
    return true;
  }
  if (name == "tip") {
    const auto tip = chain::Hash256::from_display(value);
    if (tip) left.tip = *tip;
    return tip.has_value();
  }
  if (name == "longpollid, hex") {
    const auto id = from_hex(value, kMaxLongpollId);
    if (id) left.id.assign(id->begin(), id->end());
    return id.has_value();
  }
  return true;
}

/// Nothing where the file is not whole, too: then it says no more than that there is one.
LeftLongpoll parse_longpoll(std::string_view text) {
  LeftLongpoll left;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || !take_longpoll_line(line.substr(0, colon), line.substr(colon + 2), left))
      return {};
  }
  if (left.sent == std::chrono::system_clock::time_point{}) return {};
  return left;
}

}  // namespace

LongpollFile::LongpollFile(const fs::path& folder, const std::string& node)
    : path_(folder / "longpolls" / file_name(node)) {}

std::optional<LeftLongpoll> LongpollFile::load() const {
  std::error_code code;
  if (!fs::exists(fs::symlink_status(path_, code))) return std::nullopt;
  const auto content = read_regular_file(path_, kMaxLongpollFile);
  if (!content) return LeftLongpoll{};
  return parse_longpoll({reinterpret_cast<const char*>(content->data()), content->size()});
}

Result<void> LongpollFile::save(const LeftLongpoll& left) const {
  if (auto made = make_private_folders(path_.parent_path()); !made) return made;
  const auto sent = std::chrono::duration_cast<LongpollSeconds>(left.sent.time_since_epoch());
  std::string text = "sent: " + std::to_string(sent.count()) + "\n";
  if (left.tip) {
    const std::string id = left.id.substr(0, kMaxLongpollId);
    text += "tip: " + left.tip->to_display() + "\n";
    text += "longpollid, hex: " + to_hex(Bytes(id.begin(), id.end())) + "\n";
  }
  return replace_file(path_, Bytes(text.begin(), text.end()));
}

Result<void> LongpollFile::clear() const {
  std::error_code code;
  fs::remove(path_, code);
  if (code) return fail(Errc::kStore, "cannot remove " + path_.string() + ": " + code.message());
  return {};
}

}  // namespace lode::store
