// What a SOCKS5 proxy may answer: read as the RFC says or refused with a sentence, and never longer than there is room
// for.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "host/net/socks5.h"
#include "tests/fuzz/require.h"

namespace {

namespace socks5 = lode::net::socks5;

template <std::size_t kSize>
std::array<std::uint8_t, kSize> first_of(const std::uint8_t* data, std::size_t size) {
  std::array<std::uint8_t, kSize> bytes{};
  std::copy_n(data, std::min(size, kSize), bytes.begin());
  return bytes;
}

template <class T>
void require_sentence(const lode::Result<T>& result) {
  if (!result) LODE_REQUIRE(!result.error().message().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto choice = first_of<socks5::kChoiceSize>(data, size);
  for (const bool has_credentials : {false, true}) {
    const auto method = socks5::read_choice(choice, has_credentials);
    require_sentence(method);
    if (method && *method == socks5::Method::kPassword) LODE_REQUIRE(has_credentials);
  }
  require_sentence(socks5::read_verdict(choice));
  const auto rest = socks5::read_reply(first_of<socks5::kReplyHead>(data, size));
  require_sentence(rest);
  if (rest) LODE_REQUIRE(*rest >= 2 && *rest <= 257);

  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto request = socks5::connect_request(text, 3333);
  const bool sendable = !text.empty() && text.size() <= 255 && text.find('\0') == std::string::npos;
  LODE_REQUIRE(request.has_value() == sendable);
  if (request) LODE_REQUIRE(request->size() >= 4 + 1 + 1 + 2 && request->size() <= 4 + 1 + 255 + 2);
  const auto credentials = socks5::credentials(text, text);
  LODE_REQUIRE(credentials.has_value() == (text.size() <= 255));
  return 0;
}
