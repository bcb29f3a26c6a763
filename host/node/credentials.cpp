#include "host/node/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "host/base/bytes.h"

namespace lode::node {
namespace {

constexpr std::size_t kMaxCookie = 4096;

std::string base64(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  encoded.reserve((text.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, text.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (k < left ? static_cast<std::uint8_t>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k)
      encoded.push_back(k <= left ? kAlphabet[(group >> (18 - 6 * k)) & 63] : '=');
  }
  return encoded;
}

}  // namespace

Credentials::Credentials(std::string user, std::string password, std::optional<std::filesystem::path> cookie_file)
    : user_(std::move(user)), password_(std::move(password)), cookie_file_(std::move(cookie_file)) {}

Result<std::string> Credentials::authorization() {
  if (!cookie_file_) {
    if (user_.empty() && password_.empty()) return std::string{};
    return "Basic " + base64(user_ + ':' + password_);
  }
  if (cookie_.empty()) {
    auto read = read_cookie();
    if (!read) return read.error();
    cookie_ = "Basic " + base64(*read);
  }
  return cookie_;
}

Result<std::string> Credentials::read_cookie() const {
  const std::string path = cookie_file_->string();
  const auto refuse = [&path](std::string_view why) {
    return fail(Errc::kUnauthorized, fmt::format("cookie file {}: {}", path, why));
  };
  std::error_code not_regular;
  if (std::filesystem::exists(*cookie_file_, not_regular) &&
      !std::filesystem::is_regular_file(*cookie_file_, not_regular)) {
    return refuse("is not a file");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file && errno == ENOENT) {
    return fail(Errc::kNotReady, fmt::format("cookie file {} does not exist: is the node running?", path));
  }
  if (!file) return refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
  std::array<char, kMaxCookie + 1> buffer{};
  const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get());
  if (std::ferror(file.get()) != 0) return refuse("cannot be read");
  if (size > kMaxCookie) return refuse("is longer than a cookie can be");
  std::string cookie(buffer.data(), size);
  while (!cookie.empty() && (cookie.back() == '\n' || cookie.back() == '\r'))
    cookie.pop_back();
  const bool printable = std::all_of(cookie.begin(), cookie.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (cookie.find(':') == std::string::npos || !printable) return refuse("does not hold 'user:password'");
  return cookie;
}

std::string Credentials::describe() const {
  if (cookie_file_) return "the cookie in " + cookie_file_->string();
  if (user_.empty() && password_.empty()) return "no user and password";
  return fmt::format("user '{}' with its password", user_);
}

}  // namespace lode::node
