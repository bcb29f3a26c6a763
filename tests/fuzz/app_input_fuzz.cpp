// Configuration files and source URLs: whatever comes in is taken or refused, never worse. A URL that is taken has a
// host and a port.
#include <cstddef>
#include <cstdint>
#include <string>

#include "host/app/config_file.h"
#include "host/app/source_url.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lode::app;
  const std::string text(data, data + size);
  if (const auto url = parse_source_url(text)) {
    LODE_REQUIRE(!url->host.empty() && url->port != 0 && url->path.starts_with('/'));
  } else {
    LODE_REQUIRE(!url.error().message().empty());
  }
  if (const auto entries = parse_config(text, "fuzz.toml")) {
    for (const ConfigEntry& entry : *entries)
      (void)parse_source_url(entry.values.empty() ? "" : entry.values.front());
  } else {
    LODE_REQUIRE(!entries.error().message().empty());
  }
  return 0;
}
