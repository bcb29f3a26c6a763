// How a node is told who asks: user and password, or the cookie file that Bitcoin Core writes at every start.
//
// Shared by the connections to one node, on the io thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "host/base/result.h"

namespace lode::node {

class Credentials {
 public:
  /// With a cookie file, user and password are not used.
  Credentials(std::string user, std::string password, std::optional<std::filesystem::path> cookie_file);

  /// The value of HTTP's Authorization field (RFC 7617), or nothing where no credentials were given. A cookie is read
  /// from its file the first time and after forget(). Errors: kUnauthorized when the cookie file is missing,
  /// unreadable, longer than 4 kB or no "user:password".
  Result<std::string> authorization();

  /// Makes the next authorization() read the cookie file again: the node may have written a new one.
  void forget() noexcept { cookie_.clear(); }

  [[nodiscard]] bool has_cookie_file() const noexcept { return cookie_file_.has_value(); }
  /// For messages: "the cookie in /home/x/.bitcoin/.cookie" or "user 'x' and its password".
  [[nodiscard]] std::string describe() const;

 private:
  Result<std::string> read_cookie() const;

  std::string user_;
  std::string password_;
  std::optional<std::filesystem::path> cookie_file_;
  std::string cookie_;  ///< encoded; empty: not read
};

}  // namespace lode::node
