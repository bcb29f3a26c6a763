// An address that is accepted is, but for upper case, the text that its script is written as on one of its networks.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/chain/address.h"
#include "tests/fuzz/require.h"

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::chain;
  const std::string text(data, data + size);
  const auto address = parse_address(text);
  bool found = false;
  for (const Network network : kAllNetworks) {
    const auto script = payout_script_for(text, network);
    LODE_REQUIRE(!script || (address && address->networks.contains(network) && address->script == *script));
    if (!address || !address->networks.contains(network)) continue;
    const std::string again = encode_address(address->script, network).value();
    found = found || again == text || again == lower(text);
  }
  LODE_REQUIRE(found == address.has_value());
  return 0;
}
