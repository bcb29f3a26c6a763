#include "bench/gpu/session_checks.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/gpu/grid_checks.h"
#include "bench/gpu/session_scan.h"
#include "kernels/cpu/registry.h"
#include "tests/kernels/kernel_cases.h"

namespace lode::bench {
namespace {

struct Check {
  const char* name;
  std::function<std::string()> run;  ///< what is wrong
};

}  // namespace

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

int run_checks(const char* table, const char* column, const std::string& build, device::GpuSession& session,
               const Amounts& amounts, Records& records) {
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
    records.write(
        Record(table).add(column, build).add("name", check.name).add("good", faults.empty()).add("faults", faults));
  }
  return bad;
}

}  // namespace lode::bench
