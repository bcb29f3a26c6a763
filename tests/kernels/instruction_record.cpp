#include "tests/kernels/instruction_record.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <istream>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace lode::kernels {

InstructionRecord InstructionRecord::read(std::istream& text) {
  InstructionRecord record;
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    std::istringstream fields(line);
    std::string build, rest;
    CountedUse use;
    double instructions = 0;
    if (!(fields >> build >> use.kernel >> use.midstates >> instructions) || fields >> rest || use.midstates == 0 ||
        !(instructions > 0)) {
      throw std::runtime_error("line " + std::to_string(number) + " is not BUILD KERNEL MIDSTATES INSTRUCTIONS");
    }
    if (!record.builds_[build].emplace(use, instructions).second) {
      throw std::runtime_error("line " + std::to_string(number) + " repeats an entry");
    }
  }
  return record;
}

void InstructionRecord::write(std::ostream& text) const {
  text << "# Instructions that each kernel executes per hash, set-up not included; a test compares. Written by\n"
          "#   count_instructions --update THIS_FILE\n"
          "# build                kernel       midstates  instructions\n";
  for (const auto& [build, counts] : builds_) {
    for (const auto& [use, instructions] : counts) {
      text << std::left << std::setw(23) << build << ' ' << std::setw(12) << use.kernel << ' ' << std::right
           << std::setw(9) << use.midstates << ' ' << std::fixed << std::setprecision(2) << std::setw(13)
           << instructions << '\n';
    }
  }
}

std::vector<std::string> InstructionRecord::builds() const {
  std::vector<std::string> names;
  for (const auto& [build, counts] : builds_)
    names.push_back(build);
  return names;
}

std::optional<double> InstructionRecord::find(std::string_view build, const CountedUse& use) const {
  const auto counts = builds_.find(build);
  if (counts == builds_.end()) return std::nullopt;
  const auto found = counts->second.find(use);
  if (found == counts->second.end()) return std::nullopt;
  return found->second;
}

void InstructionRecord::set(std::string_view build, const CountedUse& use, double instructions) {
  builds_[std::string(build)][use] = instructions;
}

void InstructionRecord::keep_only(std::string_view build, const std::vector<CountedUse>& uses) {
  const auto counts = builds_.find(build);
  if (counts == builds_.end()) return;
  std::erase_if(counts->second, [&](const auto& entry) { return std::ranges::count(uses, entry.first) == 0; });
}

std::optional<std::string> InstructionRecord::complaint(std::string_view build, const CountedUse& use,
                                                        double instructions) const {
  const std::optional<double> recorded = find(build, use);
  if (!recorded) return "not recorded";
  if (std::abs(instructions / *recorded - 1) <= kCountTolerance) return std::nullopt;
  return instructions > *recorded ? "slower: more than the record allows" : "faster: record it";
}

}  // namespace lode::kernels
