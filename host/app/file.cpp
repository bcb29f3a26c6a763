#include "host/app/file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "host/app/text.h"

namespace lode::app {

Result<std::string> read_file(const std::filesystem::path& file, std::size_t max_bytes) {
  const auto trouble = [&file] {
    return fail(Errc::kStore, fmt::format("{}: {}", printable(file.string()), std::generic_category().message(errno)));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), &std::fclose);
  if (!stream) return trouble();
  std::string text;
  char buffer[16384];
  while (true) {
    const std::size_t count = std::fread(buffer, 1, sizeof(buffer), stream.get());
    text.append(buffer, count);
    if (text.size() > max_bytes) {
      return fail(Errc::kTooLarge, fmt::format("{}: larger than {} bytes", printable(file.string()), max_bytes));
    }
    if (count < sizeof(buffer)) break;
  }
  if (std::ferror(stream.get()) != 0) return trouble();
  return text;
}

}  // namespace lode::app
