#include "host/store/accepted_blocks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "host/store/posix_file.h"

namespace lode::store {

namespace fs = std::filesystem;

void AcceptedBlocks::load() {
  std::error_code code;
  for (fs::directory_iterator it(folder_, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    struct stat status {};
    const auto name = parse_file_name(it->path().filename().string());
    if (!name || ::lstat(it->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    entries_.push_back({.name = *name,
                        .bytes = static_cast<std::size_t>(status.st_size),
                        .accepted = std::chrono::system_clock::from_time_t(status.st_ctime)});
    bytes_ += entries_.back().bytes;
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.accepted, a.name.height) < std::tie(b.accepted, b.name.height);
  });
  bound();
}

Result<void> AcceptedBlocks::adopt(const fs::path& file, const BlockName& name, Time now) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) return system_error("cannot look at", file);
  if (auto made = make_private_folder(folder_); !made) return made;
  if (std::rename(file.c_str(), (folder_ / to_file_name(name)).c_str()) != 0) {
    return system_error("cannot rename", file);
  }
  entries_.push_back({.name = name, .bytes = static_cast<std::size_t>(status.st_size), .accepted = now});
  bytes_ += entries_.back().bytes;
  bound();
  return {};
}

std::vector<BlockName> AcceptedBlocks::names() const {
  std::vector<BlockName> names;
  for (const Entry& entry : entries_)
    names.push_back(entry.name);
  std::stable_sort(names.begin(), names.end(),
                   [](const BlockName& a, const BlockName& b) { return a.height < b.height; });
  return names;
}

Result<Bytes> AcceptedBlocks::read(const BlockName& name, std::size_t max_bytes) const {
  return read_regular_file(folder_ / to_file_name(name), max_bytes);
}

void AcceptedBlocks::remove(const Entry& entry) {
  ::unlink((folder_ / to_file_name(entry.name)).c_str());
  bytes_ -= entry.bytes;
}

void AcceptedBlocks::forget(const BlockName& name) {
  const auto it =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  if (it == entries_.end()) return;
  remove(*it);
  entries_.erase(it);
}

void AcceptedBlocks::forget_buried(std::uint32_t tip, Time now) {
  while (!entries_.empty()) {
    const Entry& oldest = entries_.front();
    const bool buried = std::uint64_t{oldest.name.height} + kBuried < tip;
    if (!buried || now - oldest.accepted < kFlushed) return;
    remove(oldest);
    entries_.pop_front();
  }
}

void AcceptedBlocks::bound() {
  while (entries_.size() > kMost || bytes_ > kMostBytes) {
    remove(entries_.front());
    entries_.pop_front();
  }
}

}  // namespace lode::store
