#include "host/store/pool_block_log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <system_error>

#include "host/base/hex.h"
#include "host/store/posix_file.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;

/// Longest text of a pool's choice that is kept.
constexpr std::size_t kMaxForeignText = 256;

std::string iso_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
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
  add("job", one_line(block.job_id));
  add("found", iso_time(block.found));
  add("header", to_hex(block.header.serialize()));
  add("coinbase", to_hex(block.coinbase));
  for (const chain::Hash256& sibling : block.merkle_branch)
    add("branch", to_hex(sibling.bytes));
  return text + "\n";
}

fs::path PoolBlockLog::path_of(const chain::Hash256& hash, std::uint32_t height) const {
  return folder_ / (std::to_string(height) + "-" + hash.to_display() + ".txt");
}

Result<void> PoolBlockLog::record(const PoolBlock& block) {
  if (auto made = make_private_folders(folder_); !made) return made;
  const std::string text = to_text(block);
  auto written = replace_file(path_of(block.hash, block.height), Bytes(text.begin(), text.end()));
  if (written && until_tidied_-- == 0) {
    until_tidied_ = kKept / 10;
    drop_oldest();
  }
  return written;
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
