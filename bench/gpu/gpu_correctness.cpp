// Whether the CUDA kernels are right on a real GPU: the cases of all kernels' tests, for every image; what only a grid
// can show; continuous scanning with planted solutions, with and without newer work coming in. Exits with 0 if nothing
// was wrong, with 77 if there is no GPU.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/grid_checks.h"
#include "bench/gpu/options.h"
#include "bench/gpu/planted_scan.h"
#include "bench/gpu/records.h"
#include "bench/gpu/session_scan.h"
#include "kernels/cpu/registry.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::bench {
namespace {

struct Check {
  const char* name;
  std::function<std::string()> run;  ///< what is wrong
};

/// How much of each, by how slow the GPU is.
struct Amounts {
  int random_cases;
  int rounds;             ///< of other cases that are made up
  std::uint64_t stopped;  ///< nonces of scans that are stopped
  std::uint64_t planted;  ///< hashes of a range with a solution
  double seconds;         ///< of planted scanning, each way
  bool many_launches;     ///< cases of thousands of launches
  bool whole_ranges;      ///< all 2^32 nonces
};
Amounts amounts_of(const Options& options) {
  Amounts amounts{.random_cases = options.quick ? 1'000 : 10'000,
                  .rounds = options.quick ? 50 : 200,
                  .stopped = 1ULL << 31,
                  .planted = 1ULL << 31,
                  .seconds = options.seconds > 0 ? options.seconds
                             : options.quick     ? 8
                                                 : 20,
                  .many_launches = true,
                  .whole_ranges = true};
  if (options.played || options.sanitized) {
    amounts.random_cases = options.played ? 64 : 100;
    amounts.rounds = 10;
    amounts.stopped = options.played ? 1U << 20 : 1U << 26;
    amounts.planted = options.played ? 1U << 16 : 1U << 22;
    amounts.seconds = options.seconds > 0 ? options.seconds : 1;
    amounts.many_launches = options.played;
    amounts.whole_ranges = false;
  }
  return amounts;
}

int run_checks(const std::string& build, device::GpuSession& session, const Amounts& amounts, Records& records) {
  const kernels::ScanUnderTest scan = [&](const kernels::ScanJob& job, kernels::NonceRange range,
                                          std::span<kernels::Hit> hits) {
    return scan_by_launches(session, job, range, hits);
  };
  const kernels::ScanUnderTest scalar = kernels::find_kernel("scalar")->scan;
  std::vector<Check> checks = {
      {"real blocks", [&] { return find_real_blocks(scan); }},
      {"midstate of a hit", [&] { return know_which_midstate_hit(scan); }},
      {"random headers", [&] { return agree_on_random_headers(scan, amounts.random_cases, scalar); }},
      {"long ranges", [&] { return agree_on_long_ranges(scan); }},
      {"largest range", [&] { return stop_at_once_in_the_largest_range(scan); }},
      {"old epoch", [&] { return old_epoch_does_nothing(session); }},
      {"stopped scans", [&] { return stopped_scan_is_a_prefix(session, amounts.rounds / 5 + 1, amounts.stopped); }},
      {"full lists of a grid", [&] { return full_list_is_noticed(session); }},
      {"ends of ranges", [&] { return ranges_end_where_they_should(session, amounts.rounds); }},
  };
  if (amounts.many_launches) {
    checks.push_back({"every count and offset", [&] { return scan_every_count_from_every_offset(scan); }});
    checks.push_back({"exact limit", [&] { return obey_the_exact_limit(scan); }});
    checks.push_back({"full lists", [&] { return resume_after_a_full_list(scan); }});
  }
  if (amounts.whole_ranges) {
    checks.push_back({"all nonces, one midstate", [&] { return all_nonces_of_a_block(session, 2, 1); }});
    checks.push_back({"all nonces, two midstates", [&] { return all_nonces_of_a_block(session, 4, 2); }});
  }
  int bad = 0;
  for (const Check& check : checks) {
    const std::string faults = check.run();
    bad += faults.empty() ? 0 : 1;
    records.write(Record("check")
                      .add("balance", build)
                      .add("name", check.name)
                      .add("good", faults.empty())
                      .add("faults", faults));
  }
  return bad;
}

bool run_planted(const GpuUnderTest& gpu, const Amounts& amounts, bool aborts, Records& records) {
  std::vector<std::unique_ptr<device::GpuDevice>> devices;
  for (const GpuUnderTest::Build& build : gpu.builds)
    devices.push_back(open_device(gpu, build.kernels));
  for (const auto& device : devices)
    require(device->self_test());
  const PlantedResult result = scan_planted(devices, amounts.seconds, amounts.planted, aborts);
  records.write(Record("planted")
                    .add("newer_work", aborts)
                    .add("seconds", amounts.seconds)
                    .add("planted", result.planted)
                    .add("missed", result.missed)
                    .add("wrong", result.wrong)
                    .add("interrupted", result.aborts)
                    .add("scans", result.scans)
                    .add("ghash", result.hashes / 1e9)
                    .add("good", result.good() && (!aborts || result.aborts > 0))
                    .add("faults", result.fault));
  return result.good() && (!aborts || result.aborts > 0);
}

int run(const Options& options) {
  const auto gpu = find_gpu_under_test(options);
  if (!gpu) return kExitNoGpu;
  Records records(options.json);
  const Amounts amounts = amounts_of(options);
  int bad = 0;
  for (const GpuUnderTest::Build& build : gpu->builds) {
    const auto session = open_session(*gpu, build.kernels);
    bad += run_checks(name_of(build.balance), *session, amounts, records);
  }
  for (const bool aborts : {false, true})
    bad += run_planted(*gpu, amounts, aborts, records) ? 0 : 1;
  std::printf("correctness on %s: %s\n", gpu->gpu.name.c_str(), bad == 0 ? "good" : "FAULTS");
  return bad == 0 ? kExitGood : kExitFault;
}

}  // namespace
}  // namespace lode::bench

int main(int argc, char** argv) {
  return lode::bench::run_program(argc, argv, lode::bench::run);
}
