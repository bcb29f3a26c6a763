#include "host/app/version.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <boost/version.hpp>

#include "host/app/device_backend.h"
#include "host/app/source_scheme.h"
#include "host/device/cpu_topology.h"

namespace lode::app {

// The LODE_ macros come from the build (CMakeLists.txt).
std::string_view version() noexcept {
  return LODE_VERSION;
}
std::string_view commit() noexcept {
  return LODE_COMMIT;
}
std::string_view compiler() noexcept {
  return LODE_COMPILER;
}

std::string version_text() {
  std::string devices;
  for (const DeviceBackend& backend : device_backends()) {
    if (backend.open != nullptr) devices += fmt::format(" {}", backend.name);
  }
  std::string sources = " embedded";
  for (const SourceScheme& scheme : source_schemes()) {
    if (scheme.open != nullptr) sources += fmt::format(" {}", scheme.name);
  }
  const std::string hwloc = device::topology_library();
  return fmt::format(
      "lode {}\n"
      "commit    {}\n"
      "compiler  {} ({})\n"
      "devices  {}\n"
      "sources  {}\n"
      "libraries Boost {}.{}.{}, {}, {}\n",
      version(), commit(), compiler(), LODE_BUILD_TYPE, devices, sources, BOOST_VERSION / 100000,
      BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100, OpenSSL_version(OPENSSL_VERSION),
      hwloc.empty() ? "no hwloc (CPU threads are placed by number, not by core)" : hwloc);
}

}  // namespace lode::app
