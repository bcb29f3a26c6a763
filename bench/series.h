// A series of times, and the line that shows it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace lode::bench {

struct Series {
  const char* name;
  std::vector<double> microseconds = {};

  void add(std::chrono::steady_clock::duration time) {
    microseconds.push_back(std::chrono::duration<double, std::micro>(time).count());
  }
  void print() {
    if (microseconds.empty()) return fmt::print("{:<44} nothing measured\n", name);
    std::sort(microseconds.begin(), microseconds.end());
    const auto at = [&](double share) {
      return microseconds[static_cast<std::size_t>(share * static_cast<double>(microseconds.size() - 1))];
    };
    fmt::print("{:<44} p50 {:8.1f} us   p99 {:8.1f} us   max {:8.1f} us\n", name, at(0.5), at(0.99), at(1.0));
  }
};

}  // namespace lode::bench
