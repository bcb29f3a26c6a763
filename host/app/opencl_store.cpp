#include "host/app/opencl_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "host/app/text.h"
#include "host/store/posix_file.h"

namespace lode::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "opencl";
constexpr std::size_t kMaxKernelFile = std::size_t{1} << 26;
/// Of other sources, drivers and devices, the latest.
constexpr std::size_t kMostFiles = 64;

class FolderStore final : public device::OpenClBinaryStore {
 public:
  FolderStore(const fs::path& state, std::function<void(const std::string&)> warn)
      : folder_(state / kFolder), warn_(std::move(warn)) {}

  std::optional<Bytes> load(const device::OpenClBinaryKey& key) override {
    const fs::path file = path_of(key);
    std::error_code code;
    if (!fs::exists(fs::symlink_status(file, code))) return std::nullopt;
    const auto content = store::read_regular_file(file, kMaxKernelFile);
    auto binary = content ? device::decode_binary(key, *content) : Result<Bytes>(content.error());
    if (binary) return *std::move(binary);
    const std::string where = content ? file.string() + ": " : "";
    warn(fmt::format("{}{}; the kernel is compiled anew", where, binary.error().message()));
    return std::nullopt;
  }

  void save(const device::OpenClBinaryKey& key, ByteView binary) override {
    auto kept = store::make_private_folders(folder_);
    if (kept) kept = store::replace_file(path_of(key), device::encode_binary(key, binary));
    if (!kept) warn(fmt::format("the compiled kernel cannot be kept: {}", kept.error().message()));
    drop_oldest();
  }

 private:
  [[nodiscard]] fs::path path_of(const device::OpenClBinaryKey& key) const {
    return folder_ / (key.to_display() + ".bin");
  }

  void warn(const std::string& text) const {
    if (warn_) warn_(printable(text));
  }

  /// A new driver makes all that was kept for the old one useless; nobody would ever remove it.
  void drop_oldest() const {
    std::error_code code;
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    for (fs::directory_iterator at(folder_, code), end; !code && at != end; at.increment(code)) {
      std::error_code unreadable;
      const fs::file_time_type time = at->last_write_time(unreadable);
      if (!unreadable && at->path().extension() == ".bin") files.emplace_back(time, at->path());
    }
    if (files.size() <= kMostFiles) return;
    std::ranges::sort(files);
    for (std::size_t i = 0; i < files.size() - kMostFiles; ++i)
      fs::remove(files[i].second, code);
  }

  fs::path folder_;
  std::function<void(const std::string&)> warn_;
};

}  // namespace

std::shared_ptr<device::OpenClBinaryStore> make_opencl_store(const fs::path& state,
                                                             std::function<void(const std::string&)> warn) {
  return std::make_shared<FolderStore>(state, std::move(warn));
}

}  // namespace lode::app
