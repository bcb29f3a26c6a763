#include "host/store/pool_block_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>

#include "host/base/hex.h"
#include "host/store/posix_file.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;

/// Longest text of a pool's choice that is kept.
constexpr std::size_t kMaxForeignText = 256;
/// Behind the name of a line that says in hex what does not fit on a line as it is.
constexpr const char* kAsHex = ", hex";

constexpr std::size_t kMaxExtranonce = 64;
constexpr std::size_t kMaxFile = std::size_t{8} << 20;

/// Begins the line that close() adds.
constexpr std::string_view kAnswer = "answer: ";

std::string iso_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

std::optional<std::chrono::system_clock::time_point> parse_iso_time(const std::string& text) {
  std::tm utc{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

ByteView bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string hex_number(std::uint32_t number) {
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", number);
  return text.data();
}

template <class T>
bool parse_number(std::string_view text, int base, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_bytes(std::string_view text, std::size_t max_bytes, Bytes& bytes) {
  auto parsed = from_hex(text, max_bytes);
  if (!parsed) return false;
  bytes = *std::move(parsed);
  return true;
}

bool parse_text(std::string_view hex, std::string& text) {
  Bytes bytes;
  if (!parse_bytes(hex, kMaxForeignText, bytes)) return false;
  text.assign(bytes.begin(), bytes.end());
  return true;
}

bool parse_hash(std::string_view text, chain::Hash256& hash) {
  const auto parsed = chain::Hash256::from_display(text);
  if (parsed) hash = *parsed;
  return parsed.has_value();
}

bool parse_header(std::string_view text, chain::Header& header) {
  std::array<std::uint8_t, chain::kHeaderSize> bytes{};
  if (!from_hex_into(text, bytes)) return false;
  header = chain::Header::parse(bytes);
  return true;
}

bool parse_time(std::string_view text, std::chrono::system_clock::time_point& time) {
  const auto parsed = parse_iso_time(std::string(text));
  if (parsed) time = *parsed;
  return parsed.has_value();
}

/// Whether the value fits the name, and so is in `block` now.
bool take_line(std::string_view name, std::string_view value, PoolBlock& block) {
  if (name == "hash") return parse_hash(value, block.hash);
  if (name == "height") return parse_number(value, 10, block.height);
  if (name == "job") return block.job_id = value, true;
  if (name == "session") return block.session_id = value, true;
  if (name == "pool") return block.pool = value, true;
  if (name == "job, hex") return parse_text(value, block.job_id);
  if (name == "session, hex") return parse_text(value, block.session_id);
  if (name == "found") return parse_time(value, block.found);
  if (name == "header") return parse_header(value, block.header);
  if (name == "job version") return parse_number(value, 16, block.job_version);
  if (name == "version mask") return parse_number(value, 16, block.version_mask);
  if (name == "extranonce1") return parse_bytes(value, kMaxExtranonce, block.extranonce1);
  if (name == "extranonce2") return parse_bytes(value, kMaxExtranonce, block.extranonce2);
  if (name == "coinbase") return parse_bytes(value, kMaxFile, block.coinbase);
  if (name == "branch") return from_hex_into(value, block.merkle_branch.emplace_back().bytes).has_value();
  return true;
}

/// Printable ASCII as it is, anything else as '?'.
std::string one_line(const std::string& text) {
  std::string line = text.substr(0, kMaxForeignText);
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return line;
}

}  // namespace

std::string to_text(const PoolBlock& block) {
  std::string text = "hash: " + block.hash.to_display();
  const auto add = [&text](const char* name, const std::string& value) {
    text += std::string("\n") + name + ": " + value;
  };
  add("height", std::to_string(block.height));
  add("pool", one_line(block.pool));
  const auto add_foreign = [&add](const std::string& name, const std::string& value) {
    const std::string shown = one_line(value);
    add(name.c_str(), shown);
    if (shown != value && value.size() <= kMaxForeignText) add((name + kAsHex).c_str(), to_hex(bytes_of(value)));
  };
  add_foreign("job", block.job_id);
  if (!block.session_id.empty()) add_foreign("session", block.session_id);
  add("found", iso_time(block.found));
  add("header", to_hex(block.header.serialize()));
  add("job version", hex_number(block.job_version));
  add("version mask", hex_number(block.version_mask));
  add("extranonce1", to_hex(block.extranonce1));
  add("extranonce2", to_hex(block.extranonce2));
  add("coinbase", to_hex(block.coinbase));
  for (const chain::Hash256& sibling : block.merkle_branch)
    add("branch", to_hex(sibling.bytes));
  return text + "\n";
}

Result<PoolBlock> parse_pool_block(std::string_view text) {
  PoolBlock block;
  std::set<std::string_view> seen;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return fail(Errc::kMalformed, "a line has no name");
    const std::string_view name = line.substr(0, colon);
    if (!take_line(name, line.substr(colon + 2), block)) {
      return fail(Errc::kMalformed, "the value of \"" + std::string(name) + "\" is not one");
    }
    seen.insert(name);
  }
  for (const std::string_view name : {"hash", "height", "pool", "job", "found", "header", "extranonce1", "extranonce2",
                                      "job version", "version mask"}) {
    if (!seen.contains(name)) return fail(Errc::kMalformed, "\"" + std::string(name) + "\" is missing");
  }
  if (block.header.hash() != block.hash) return fail(Errc::kMalformed, "hash and header do not belong together");
  return block;
}

fs::path PoolBlockLog::path_of(const chain::Hash256& hash, std::uint32_t height) const {
  return folder_ / (std::to_string(height) + "-" + hash.to_display() + ".txt");
}

Result<void> PoolBlockLog::record(const PoolBlock& block) {
  if (auto made = make_private_folders(folder_); !made) return made;
  const fs::path path = path_of(block.hash, block.height);
  std::error_code code;
  if (fs::exists(path, code)) return {};
  const std::string text = to_text(block);
  auto written = replace_file(path, Bytes(text.begin(), text.end()));
  if (written && until_tidied_-- == 0) {
    until_tidied_ = kKept / 10;
    drop_oldest();
  }
  return written;
}

Result<void> PoolBlockLog::close(const chain::Hash256& hash, std::uint32_t height, std::string_view why) {
  if (closed_.size() > 2 * kKept) closed_.clear();
  if (!closed_.insert(hash).second) return {};
  const std::string line = std::string(kAnswer) + one_line(std::string(why)) + "\n";
  return append_to_file(path_of(hash, height), bytes_of(line));
}

std::vector<PoolBlock> PoolBlockLog::open_blocks(std::chrono::system_clock::time_point since) const {
  std::vector<PoolBlock> open;
  std::error_code code;
  for (fs::directory_iterator it(folder_, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    if (it->path().extension() != ".txt") continue;
    const auto content = read_regular_file(it->path(), kMaxFile);
    if (!content) continue;
    const std::string_view text(reinterpret_cast<const char*>(content->data()), content->size());
    if (text.find("\n" + std::string(kAnswer)) != std::string_view::npos) continue;
    auto block = parse_pool_block(text);
    if (block && block->found >= since) open.push_back(*std::move(block));
  }
  std::ranges::sort(open, [](const PoolBlock& a, const PoolBlock& b) {
    return std::tie(a.found, a.height, a.hash) < std::tie(b.found, b.height, b.hash);
  });
  return open;
}

Result<void> PoolBlockLog::sync(const chain::Hash256& hash, std::uint32_t height) const {
  if (auto synced = sync_to_disk(path_of(hash, height)); !synced) return synced;
  return sync_to_disk(folder_);
}

void PoolBlockLog::drop_oldest() {
  struct File {
    fs::file_time_type written;
    fs::path path;
  };
  std::vector<File> files;
  std::error_code code;
  for (fs::directory_iterator it(folder_, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    std::error_code unknown;
    const auto written = fs::last_write_time(it->path(), unknown);
    if (!unknown && it->path().extension() == ".txt") files.push_back({written, it->path()});
  }
  if (files.size() <= kKept) return;
  std::ranges::sort(files, {}, &File::written);
  files.resize(files.size() - kKept);
  for (const File& file : files)
    fs::remove(file.path, code);
}

}  // namespace lode::store
