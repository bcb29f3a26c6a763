#include "host/store/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace lode::store {
namespace {

/// Closes its file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int get() const noexcept { return fd_; }

  /// Closes now, because some file systems tell of a full disk only then.
  [[nodiscard]] bool close() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

int open_file(const std::filesystem::path& path, int flags, mode_t mode = 0) noexcept {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

bool write_all(int fd, ByteView content) noexcept {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Error system_error(const char* doing, const std::filesystem::path& path) {
  const std::error_code code(errno, std::generic_category());
  return fail(Errc::kStore, std::string(doing) + " " + path.string() + ": " + code.message());
}

Result<void> make_private_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) return {};
  if (errno != EEXIST) return system_error("cannot make the folder", folder);
  std::error_code code;
  if (!std::filesystem::is_directory(folder, code)) {
    errno = ENOTDIR;
    return system_error("cannot use the folder", folder);
  }
  return {};
}

Result<void> make_private_folders(const std::filesystem::path& folder) {
  std::error_code code;
  if (folder.has_parent_path()) {
    std::filesystem::create_directories(folder.parent_path(), code);
    if (code) {
      return fail(Errc::kStore, "cannot make the folder " + folder.parent_path().string() + ": " + code.message());
    }
  }
  return make_private_folder(folder);
}

Result<void> write_file(const std::filesystem::path& path, ByteView content) {
  // O_NONBLOCK: opening a pipe that nobody reads fails instead of waiting.
  Descriptor file(open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR));
  if (!file.valid()) return system_error("cannot create", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot look at", path);
  // Checked before anything may be removed: a device must never be.
  if (!S_ISREG(status.st_mode)) return fail(Errc::kStore, "cannot write " + path.string() + ": no regular file");
  const bool written = write_all(file.get(), content);
  Error problem = written ? Error{} : system_error("cannot write", path);
  if (!file.close() && written) problem = system_error("cannot write", path);
  if (!problem.code) return {};
  ::unlink(path.c_str());
  return problem;
}

Result<void> replace_file(const std::filesystem::path& path, ByteView content) {
  const std::filesystem::path fresh = path.string() + "." + std::to_string(::getpid()) + ".new";
  if (auto written = write_file(fresh, content); !written) return written;
  if (std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  Error problem = system_error("cannot replace", path);
  ::unlink(fresh.c_str());
  return problem;
}

Result<void> allocate_file(const std::filesystem::path& path, std::size_t bytes) {
  Descriptor file(open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR));
  if (!file.valid()) return system_error("cannot create", path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot look at", path);
  if (!S_ISREG(status.st_mode)) return fail(Errc::kStore, "cannot write " + path.string() + ": no regular file");
  do {
    errno = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  } while (errno == EINTR);
  if (errno == 0) return {};
  const Error problem = system_error("cannot reserve room for", path);
  ::unlink(path.c_str());
  return problem;
}

Result<void> append_to_file(const std::filesystem::path& path, ByteView content) {
  Descriptor file(open_file(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT) return {};
    return system_error("cannot open", path);
  }
  const bool written = write_all(file.get(), content);
  const Error problem = written ? Error{} : system_error("cannot write", path);
  if (file.close() && written) return {};
  return written ? system_error("cannot write", path) : problem;
}

Result<Bytes> read_regular_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor file(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) {
    if (errno == ELOOP || errno == ENXIO) return fail(Errc::kMalformed, path.string() + " is no regular file");
    return system_error("cannot open", path);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot look at", path);
  if (!S_ISREG(status.st_mode)) return fail(Errc::kMalformed, path.string() + " is no regular file");
  if (status.st_size < 0 || static_cast<std::uintmax_t>(status.st_size) > max_bytes) {
    return fail(Errc::kTooLarge, path.string() + " has more than " + std::to_string(max_bytes) + " bytes");
  }
  Bytes content(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

Result<void> sync_to_disk(const std::filesystem::path& path) {
  const Descriptor file(open_file(path, O_RDONLY));
  if (!file.valid()) {
    if (errno == ENOENT) return {};
    return system_error("cannot open", path);
  }
  int status = 0;
  do {
    status = ::fsync(file.get());
  } while (status != 0 && errno == EINTR);
  if (status != 0) return system_error("cannot write to disk", path);
  return {};
}

}  // namespace lode::store
