// The OpenCL kernels on the GPU that the CUDA programs measure: whether every variant is right, how fast each is by
// work-group, portion of work and midstates, how fast the best are beside the best CUDA kernels, and how fast the GPU
// lets go of what it does. Exits with 77 if no driver offers OpenCL.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/gpu/abort_latency.h"
#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"
#include "bench/gpu/opencl_under_test.h"
#include "bench/gpu/options.h"
#include "bench/gpu/planted_scan.h"
#include "bench/gpu/records.h"
#include "bench/gpu/session_checks.h"
#include "bench/gpu/session_rate.h"
#include "host/device/opencl_tuning.h"

namespace lode::bench {
namespace {

using Clock = std::chrono::steady_clock;
using device::OpenClSetting;

constexpr std::uint32_t kMidstates[] = {1, 8, 32};

/// How much of each.
struct Plan {
  std::size_t variants;              ///< at most
  std::chrono::seconds correctness;  ///< after it no further variant is begun
  std::chrono::seconds rates;        ///< likewise of settings
  double sample;                     ///< seconds
  int rounds;
  bool shapes;
  double slice;  ///< seconds; OpenCL and CUDA take turns in them
  int slices;
  int aborts;
};
Plan plan_of(const Options& options) {
  using std::chrono::seconds;
  if (options.played || options.cpu) {
    return {.variants = 1,
            .correctness = seconds(60),
            .rates = seconds(30),
            .sample = 0.03,
            .rounds = 1,
            .shapes = options.played,
            .slice = 0.03,
            .slices = 3,
            .aborts = 5};
  }
  if (options.quick) {
    return {.variants = 4,
            .correctness = seconds(20),
            .rates = seconds(15),
            .sample = 0.1,
            .rounds = 2,
            .shapes = false,
            .slice = 0.1,
            .slices = 9,
            .aborts = 200};
  }
  return {.variants = 64,
          .correctness = seconds(30),
          .rates = seconds(30),
          .sample = 0.1,
          .rounds = 3,
          .shapes = true,
          .slice = 0.1,
          .slices = 31,
          .aborts = 1000};
}

Amounts few_of(const Options& options) {
  Options fewer = options;
  fewer.quick = true;
  fewer.played = options.played || options.cpu;
  Amounts amounts = amounts_of(fewer);
  amounts.many_launches = false;
  amounts.seconds = std::min(amounts.seconds, 3.0);
  return amounts;
}

/// A variant as it is launched where nothing is measured; see opencl_plan().
std::vector<OpenClSetting> settings_of(const OpenClUnderTest& opencl, std::size_t most) {
  std::vector<OpenClSetting> settings;
  for (const kernels::opencl::Variant& variant : device::opencl_variants(opencl.gpu)) {
    const OpenClSetting setting = device::default_setting(opencl.gpu, variant);
    if (settings.size() < most && device::fits(opencl.gpu, setting)) settings.push_back(setting);
  }
  return settings;
}

/// A session, or a record of why there is none.
std::shared_ptr<device::GpuSession> try_open(const OpenClUnderTest& opencl, const OpenClSetting& setting,
                                             Records& records) {
  try {
    return open_session(opencl, setting);
  } catch (const std::runtime_error& error) {
    records.write(Record("opencl_check")
                      .add("variant", setting.variant.name)
                      .add("name", "opens")
                      .add("good", false)
                      .add("faults", error.what()));
    return nullptr;
  }
}

/// How many checks found a fault. What there was no time for is on record too.
int check_all(const OpenClUnderTest& opencl, const std::vector<OpenClSetting>& settings, const Options& options,
              Records& records) {
  const Amounts amounts = few_of(options);
  const auto end = Clock::now() + plan_of(options).correctness;
  int bad = 0;
  for (const OpenClSetting& setting : settings) {
    if (Clock::now() >= end) {
      records.write(Record("opencl_left_out").add("variant", setting.variant.name).add("part", "correctness"));
      continue;
    }
    const auto session = try_open(opencl, setting, records);
    bad += session
               ? run_checks("opencl_check", "variant", std::string(setting.variant.name), *session, amounts, records)
               : 1;
  }
  return bad;
}

bool scan_with_solutions(const OpenClUnderTest& opencl, const OpenClSetting& setting, const Options& options,
                         Records& records) {
  const Amounts amounts = few_of(options);
  std::vector<std::unique_ptr<device::GpuDevice>> devices;
  devices.push_back(open_device(opencl, setting));
  require(devices.front()->self_test());
  bool good = true;
  for (const bool aborts : {false, true}) {
    const PlantedResult result = scan_planted(devices, amounts.seconds, amounts.planted, aborts);
    const bool is_good = result.good() && (!aborts || result.aborts > 0);
    records.write(Record("opencl_planted")
                      .add("newer_work", aborts)
                      .add("planted", result.planted)
                      .add("missed", result.missed)
                      .add("wrong", result.wrong)
                      .add("interrupted", result.aborts)
                      .add("good", is_good)
                      .add("faults", result.fault));
    good = good && is_good;
  }
  return good;
}

SessionCase case_of(const OpenClSetting& setting, std::uint32_t midstates,
                    std::shared_ptr<device::GpuSession> session) {
  return {.api = "OpenCL", .setting = to_string(setting), .midstates = midstates, .session = std::move(session)};
}

void write_rates(const char* table, const std::vector<SessionCase>& cases, Records& records) {
  for (const SessionCase& one : cases) {
    records.write(Record(table)
                      .add("setting", one.setting)
                      .add("midstates", one.midstates)
                      .add("samples", one.ghs.size())
                      .add("ghs", median(one.ghs))
                      .add("ghs_low", quantile(one.ghs, 0))
                      .add("ghs_high", quantile(one.ghs, 1)));
  }
}

/// Every setting with each number of midstates. Those for which there is no time are on record.
std::vector<SessionCase> cases_of(const OpenClUnderTest& opencl, const std::vector<OpenClSetting>& settings,
                                  std::chrono::seconds limit, Records& records) {
  const auto end = Clock::now() + limit;
  std::vector<SessionCase> cases;
  for (const OpenClSetting& setting : settings) {
    if (!cases.empty() && Clock::now() >= end) {
      records.write(Record("opencl_left_out").add("variant", to_string(setting)).add("part", "rates"));
      continue;
    }
    const auto session = try_open(opencl, setting, records);
    if (!session) continue;
    for (const std::uint32_t midstates : kMidstates)
      cases.push_back(case_of(setting, midstates, session));
  }
  return cases;
}

/// The best of each number of midstates, with other work-groups and portions.
std::vector<SessionCase> shapes_of(const OpenClUnderTest& opencl, const std::vector<SessionCase>& variants,
                                   std::chrono::seconds limit, Records& records) {
  const auto end = Clock::now() + limit;
  std::vector<SessionCase> shapes;
  const auto add = [&](const OpenClSetting& setting, std::uint32_t midstates) {
    if (Clock::now() >= end || !device::fits(opencl.gpu, setting)) return;
    if (const auto session = try_open(opencl, setting, records)) shapes.push_back(case_of(setting, midstates, session));
  };
  for (const std::uint32_t midstates : kMidstates) {
    const OpenClSetting best = *device::parse_opencl_setting(fastest(variants, midstates).setting);
    for (const std::uint32_t hashes : {32U, 64U, 128U, 256U}) {
      OpenClSetting setting = best;
      setting.hashes_per_item = hashes;
      add(setting, midstates);
    }
    const std::uint32_t items = best.variant.group_size * best.groups_per_unit;
    for (const std::uint32_t group : {64U, 256U}) {
      OpenClSetting setting = best;
      setting.variant.group_size = group;
      setting.groups_per_unit = std::max(items / group, 1U);
      add(setting, midstates);
    }
  }
  return shapes;
}

/// CUDA's balances with one number of midstates, on the same GPU.
std::vector<SessionCase> cuda_cases(const GpuUnderTest& cuda, std::uint32_t midstates) {
  std::vector<SessionCase> cases;
  for (const GpuUnderTest::Build& build : cuda.builds) {
    cases.push_back({.api = "CUDA",
                     .setting = std::string(name_of(build.balance)),
                     .midstates = midstates,
                     .session = open_session(cuda, build.kernels)});
  }
  return cases;
}

/// Takes turns in short slices; the ratio is of slices that follow each other.
void run_side_by_side(const SessionCase& opencl, const SessionCase& cuda, const Plan& plan, Records& records) {
  SessionCase ours = opencl;
  SessionCase theirs = cuda;
  ours.ghs.clear();
  theirs.ghs.clear();
  std::vector<double> ratios;
  for (int i = 0; i < plan.slices; ++i) {
    sample(ours, plan.slice);
    sample(theirs, plan.slice);
    ratios.push_back(ours.ghs.back() / theirs.ghs.back());
  }
  records.write(Record("opencl_side_by_side")
                    .add("midstates", ours.midstates)
                    .add("opencl", ours.setting)
                    .add("cuda", theirs.setting)
                    .add("slices", ratios.size())
                    .add("opencl_ghs", median(ours.ghs))
                    .add("cuda_ghs", median(theirs.ghs))
                    .add("ratio", median(ratios))
                    .add("ratio_low", quantile(ratios, 0.25))
                    .add("ratio_high", quantile(ratios, 0.75)));
}

void measure_rates(const OpenClUnderTest& opencl, const std::vector<OpenClSetting>& settings, const GpuUnderTest* cuda,
                   const Plan& plan, Records& records) {
  std::vector<SessionCase> cases = cases_of(opencl, settings, plan.rates / 2, records);
  if (cases.empty()) return;
  sample(cases.front(), 10 * plan.sample);  // an idle GPU takes a moment to get to its clock
  cases.front().ghs.clear();
  sample_in_turn(cases, plan.sample, plan.rounds);
  write_rates("opencl_variants", cases, records);
  if (plan.shapes) {
    std::vector<SessionCase> shapes = shapes_of(opencl, cases, plan.rates / 2, records);
    sample_in_turn(shapes, plan.sample, plan.rounds);
    write_rates("opencl_shapes", shapes, records);
    std::ranges::move(shapes, std::back_inserter(cases));
  }
  if (cuda == nullptr) return;
  for (const std::uint32_t midstates : kMidstates) {
    std::vector<SessionCase> others = cuda_cases(*cuda, midstates);
    sample_in_turn(others, plan.sample, plan.rounds);
    run_side_by_side(fastest(cases, midstates), fastest(others, midstates), plan, records);
  }
}

/// Through the second queue, as the device does it.
void measure_latency(const OpenClUnderTest& opencl, const OpenClSetting& setting, const Plan& plan, Records& records) {
  for (const std::uint32_t midstates : {1U, 64U}) {
    const auto session = open_session(opencl, setting);
    write_times(records, "opencl_latency", "abort to all launches ended", midstates,
                abort_times(*session, midstates, plan.aborts));
  }
  const auto device = open_device(opencl, setting);
  write_times(records, "opencl_latency", "abort to results of new work", 1, new_work_times(*device, 1, plan.aborts));
}

int run(const Options& options) {
  // A CPU's OpenCL is compared with nothing.
  const auto cuda =
      options.cpu ? Result<GpuUnderTest>(fail(Errc::kDevice, "not compared")) : open_gpu_under_test(options);
  const auto opencl = open_opencl_under_test(options, cuda ? cuda->gpu.pci_bus_id : "");
  if (!opencl) {
    std::printf("no OpenCL: %s\n", opencl.error().message().c_str());
    return kExitNoGpu;
  }
  // One card, or nothing is known of where it is.
  const std::string& bus = opencl->gpu.pci_bus_id;
  const bool same = cuda && (options.played || bus.empty() || bus == cuda->gpu.pci_bus_id);
  Records records(options.json);
  records.write(Record("opencl_device")
                    .add("name", opencl->gpu.name)
                    .add("vendor", opencl->gpu.vendor)
                    .add("platform", opencl->gpu.platform_name)
                    .add("version", opencl->gpu.version)
                    .add("driver", opencl->gpu.driver)
                    .add("compute_units", opencl->gpu.compute_units)
                    .add("local_memory", opencl->gpu.local_memory)
                    .add("compared_with_cuda", same));
  const Plan plan = plan_of(options);
  const std::vector<OpenClSetting> settings = settings_of(*opencl, plan.variants);
  if (settings.empty()) throw std::runtime_error("no variant fits the device");
  int bad = check_all(*opencl, settings, options, records);
  bad += scan_with_solutions(*opencl, settings.front(), options, records) ? 0 : 1;
  measure_rates(*opencl, settings, same ? &*cuda : nullptr, plan, records);
  measure_latency(*opencl, settings.front(), plan, records);
  std::printf("OpenCL on %s: %s\n", opencl->gpu.name.c_str(), bad == 0 ? "good" : "FAULTS");
  return bad == 0 ? kExitGood : kExitFault;
}

}  // namespace
}  // namespace lode::bench

int main(int argc, char** argv) {
  return lode::bench::run_program(argc, argv, lode::bench::run);
}
