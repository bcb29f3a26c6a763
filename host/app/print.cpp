#include "host/app/print.h"

#include <cstdio>
#include <string>

namespace lode::app {

bool print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return std::fflush(stdout) == 0 && written;
}

void print_error(std::string_view message) {
  const std::string line = "lode: " + std::string(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace lode::app
