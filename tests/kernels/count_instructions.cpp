// How many instructions each kernel executes per hash, as a guard against slower code that no noise can hide or feign.
//
//   count_instructions                       prints the counts
//   count_instructions --check FILE          compares with those in FILE; exit status 1 if one differs by more than 1 %
//   count_instructions --update FILE         writes them to FILE
//   ... --by callgrind                       counts with valgrind's callgrind instead of single-stepping, where that
//   can count_instructions --run KERNEL M N      only scans N nonces with M midstates: for tools that count or profile
//
// A count is the difference of two scans over ranges of different length, divided by the hashes in which they differ,
// so set-up does not enter. Exit status 77: skipped, and why is printed.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cpu/registry.h"
#include "tests/kernels/instruction_counter.h"
#include "tests/kernels/instruction_record.h"

namespace lode::kernels {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kSkipped = 77;

/// One version, and many: a kernel's two forms.
constexpr std::uint32_t kMidstateCounts[] = {1, 8};

/// Only an optimised build without anybody's own flags gives the recorded code.
#if defined(LODE_PLAIN_RELEASE_BUILD)
constexpr bool kPlainRelease = true;
#else
constexpr bool kPlainRelease = false;
#endif

std::string this_build() {
#if defined(__x86_64__)
  const std::string processor = "x86_64";
#elif defined(__aarch64__)
  const std::string processor = "aarch64";
#else
  const std::string processor = "other";
#endif
#if defined(__clang__)
  return processor + "-clang-" + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  return processor + "-gcc-" + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
}

/// Work that has no solution. Made before counting begins.
class Work {
 public:
  explicit Work(std::uint32_t midstates) { job_.midstate_count = midstates; }
  void scan(const Kernel& kernel, std::uint64_t nonces) { kernel.scan(job_, {0, nonces}, hits_); }

 private:
  ScanJob job_;
  std::vector<Hit> hits_ = std::vector<Hit>(kMinHitCapacity);
};

enum class Way { kStepping, kCallgrind };

/// Throws CannotCount.
std::uint64_t count(Way way, const Kernel& kernel, std::uint32_t midstates, std::uint64_t nonces) {
  if (way == Way::kStepping) {
    Work work(midstates);
    return count_by_stepping([&] { work.scan(kernel, nonces); });
  }
  return count_by_callgrind({std::filesystem::read_symlink("/proc/self/exe"), "--run", std::string(kernel.name),
                             std::to_string(midstates), std::to_string(nonces)});
}

double instructions_per_hash(Way way, const Kernel& kernel, std::uint32_t midstates) {
  // Callgrind counts the whole program, so a little more work hides what its start differs in.
  const std::uint64_t step = kernel.streams * (way == Way::kStepping ? 1U : 32U);
  const std::uint64_t more = count(way, kernel, midstates, 2 * step) - count(way, kernel, midstates, step);
  return static_cast<double>(more) / static_cast<double>(step * midstates);
}

std::vector<CountedUse> uses_of(const Kernel& kernel) {
  std::vector<CountedUse> uses;
  for (const std::uint32_t midstates : kMidstateCounts) {
    if (midstates <= kernel.max_midstates) uses.push_back({std::string(kernel.name), midstates});
  }
  return uses;
}

struct Arguments {
  std::string check;
  std::string update;
  Way way = Way::kStepping;
  std::vector<std::string> run;
};

std::optional<Arguments> parse(std::span<char* const> words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::size_t left = words.size() - i - 1;
    if (word == "--check" && left >= 1) {
      arguments.check = words[++i];
    } else if (word == "--update" && left >= 1) {
      arguments.update = words[++i];
    } else if (word == "--by" && left >= 1 && words[i + 1] == std::string_view("callgrind")) {
      arguments.way = Way::kCallgrind;
      ++i;
    } else if (word == "--run" && left == 3) {
      arguments.run.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      i += left;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

int run(const std::vector<std::string>& words) {
  const Kernel* const kernel = find_kernel(words[0]);
  const unsigned long midstates = std::strtoul(words[1].c_str(), nullptr, 10);
  if (kernel == nullptr || midstates < 1 || midstates > kMaxMidstates) {
    std::cerr << "no such kernel, or not 1 to " << kMaxMidstates << " midstates\n";
    return kUsage;
  }
  if (const auto why = why_unusable(*kernel, detect_cpu_features())) {
    std::cerr << *why << '\n';
    return kFailed;
  }
  Work(static_cast<std::uint32_t>(midstates)).scan(*kernel, std::strtoull(words[2].c_str(), nullptr, 10));
  return 0;
}

InstructionRecord read_record(const std::string& path) {
  std::ifstream file(path);
  return file ? InstructionRecord::read(file) : InstructionRecord();
}

/// Why nothing can be compared, or nothing.
std::optional<std::string> why_skipped(const InstructionRecord& record) {
  if (!kPlainRelease) return "not a plain Release build: other flags make other code";
  const std::vector<std::string> builds = record.builds();
  if (std::ranges::count(builds, this_build()) > 0) return std::nullopt;
  std::string known;
  for (const std::string& build : builds)
    known += " " + build;
  return "no counts are recorded for " + this_build() + "; there are some for:" + (known.empty() ? " nothing" : known);
}

int count_all(const Arguments& arguments) {
  const std::string& path = arguments.update.empty() ? arguments.check : arguments.update;
  InstructionRecord record = path.empty() ? InstructionRecord() : read_record(path);
  if (!arguments.check.empty()) {
    if (const auto why = why_skipped(record)) {
      std::cout << "skipped: " << *why << '\n';
      return kSkipped;
    }
  }
  if (!arguments.update.empty() && !kPlainRelease) {
    std::cerr << "this is not a plain Release build: its counts are not recorded\n";
    return kFailed;
  }
  if (arguments.way == Way::kStepping) check_stepping();

  const std::string build = this_build();
  std::vector<CountedUse> known;
  int failed = 0;
  std::printf("%s\n%-12s %9s %18s %10s\n", build.c_str(), "kernel", "midstates", "instructions/hash", "recorded");
  for (const Kernel& kernel : kernels()) {
    const std::vector<CountedUse> uses = uses_of(kernel);
    known.insert(known.end(), uses.begin(), uses.end());
    if (const auto why = why_unusable(kernel, detect_cpu_features())) {
      std::printf("%-12.*s not counted: %s\n", static_cast<int>(kernel.name.size()), kernel.name.data(), why->c_str());
      continue;
    }
    for (const CountedUse& use : uses) {
      double counted = 0;
      try {
        counted = instructions_per_hash(arguments.way, kernel, use.midstates);
      } catch (const CannotCount& error) {
        if (arguments.way == Way::kStepping) throw;
        std::printf("%-12s %9u not counted: %s\n", use.kernel.c_str(), use.midstates, error.what());
        continue;
      }
      std::printf("%-12s %9u %18.2f", use.kernel.c_str(), use.midstates, counted);
      if (const auto recorded = record.find(build, use)) {
        std::printf(" %10.2f %+7.2f %%", *recorded, std::round(1e4 * (counted / *recorded - 1)) / 100 + 0.0);
      }
      if (!arguments.check.empty()) {
        if (const auto complaint = record.complaint(build, use, counted)) {
          std::printf("  %s", complaint->c_str());
          ++failed;
        }
      }
      std::printf("\n");
      record.set(build, use, counted);
    }
  }
  if (failed > 0) {
    std::printf(
        "%d count%s not as recorded. If that is meant to be so, record it and say in the commit why:\n"
        "  count_instructions --update %s\n",
        failed, failed == 1 ? " is" : "s are", arguments.check.c_str());
    return kFailed;
  }
  if (!arguments.update.empty()) {
    record.keep_only(build, known);
    std::ofstream file(arguments.update);
    record.write(file);
    if (!file.flush()) {
      std::cerr << arguments.update << " cannot be written\n";
      return kFailed;
    }
  }
  return 0;
}

}  // namespace
}  // namespace lode::kernels

int main(int argc, char** argv) {
  using namespace lode::kernels;
  const auto arguments = parse({argv, static_cast<std::size_t>(argc)});
  if (!arguments) {
    std::cerr << "usage: count_instructions [--check FILE | --update FILE] [--by callgrind]\n"
                 "       count_instructions --run KERNEL MIDSTATES NONCES\n";
    return kUsage;
  }
  try {
    return arguments->run.empty() ? count_all(*arguments) : run(arguments->run);
  } catch (const CannotCount& error) {
    std::cout << "skipped: " << error.what() << '\n';
    return kSkipped;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return kFailed;
  }
}
