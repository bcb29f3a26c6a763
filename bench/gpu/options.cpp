#include "bench/gpu/options.h"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace lode::bench {

Options parse_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&] {
      if (++i == argc) throw std::invalid_argument(std::string(name) + " wants a value");
      return std::string(argv[i]);
    };
    if (name == "--seconds") {
      const std::string text = value();
      std::size_t end = 0;
      options.seconds = std::stod(text, &end);
      if (end != text.size() || options.seconds <= 0 || options.seconds > 3600)
        throw std::invalid_argument("--seconds wants a number above 0, at most 3600");
    } else if (name == "--json") {
      options.json = value();
    } else if (name == "--quick") {
      options.quick = true;
    } else if (name == "--played") {
      options.played = true;
    } else if (name == "--cpu") {
      options.cpu = true;
    } else if (name == "--sanitized") {
      options.sanitized = true;
    } else if (name == "--list") {
      options.list = true;
    } else {
      throw std::invalid_argument("unknown argument " + std::string(name) +
                                  "; known: --seconds S, --json FILE, --quick, --played, --cpu, --sanitized, --list");
    }
  }
  return options;
}

int run_program(int argc, const char* const* argv, int (*run)(const Options& options)) noexcept {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return kExitFault;
  }
}

}  // namespace lode::bench
