// The OpenCL kernels on the GPU that the CUDA programs measure: whether every variant is right, how fast each is by
// work-group, portion of work and midstates, how fast the best are beside the best CUDA kernels, and how fast the GPU
// lets go of what it does. Exits with 77 if no driver offers OpenCL.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/gpu/abort_latency.h"
#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/measured.h"
#include "bench/gpu/opencl_opener.h"
#include "bench/gpu/opencl_under_test.h"
#include "bench/gpu/options.h"
#include "bench/gpu/planted_scan.h"
#include "bench/gpu/records.h"
#include "bench/gpu/session_checks.h"
#include "bench/gpu/session_rate.h"
#include "host/device/opencl_tuning.h"

namespace lode::bench {
namespace {

using device::OpenClSetting;

constexpr std::uint32_t kMidstates[] = {1, 8, 32};

/// How much of each.
struct Plan {
  std::size_t variants;              ///< at most
  std::chrono::seconds correctness;  ///< after it no further variant is begun
  std::chrono::seconds rates;        ///< likewise, and of shapes
  std::chrono::seconds others;       ///< likewise, of variants that are not expected to be fast
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
    return {.variants = options.played ? 3U : 1U,
            .correctness = seconds(60),
            .rates = seconds(30),
            .others = seconds(30),
            .sample = 0.03,
            .rounds = 1,
            .shapes = options.played,
            .slice = 0.03,
            .slices = 3,
            .aborts = 5};
  }
  if (options.quick) {
    return {.variants = 4,
            .correctness = seconds(15),
            .rates = seconds(10),
            .others = seconds(0),
            .sample = 0.1,
            .rounds = 2,
            .shapes = false,
            .slice = 0.1,
            .slices = 9,
            .aborts = 200};
  }
  return {.variants = 64,
          .correctness = seconds(30),
          .rates = seconds(15),
          .others = seconds(30),
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

/// Variants as they are launched where nothing is measured.
struct Settings {
  std::vector<OpenClSetting> main;
  std::vector<OpenClSetting> others;  ///< not expected to be fast
};
Settings settings_of(const OpenClUnderTest& opencl, std::size_t most) {
  Settings settings;
  for (const kernels::opencl::Variant& variant : device::opencl_variants(opencl.gpu)) {
    const OpenClSetting setting = device::default_setting(opencl.gpu, variant);
    if (settings.main.size() + settings.others.size() == most) break;
    if (!device::fits(opencl.gpu, setting)) continue;
    const bool alike = settings.main.empty() || (variant.flavour == settings.main.front().variant.flavour &&
                                                 variant.vector_width == settings.main.front().variant.vector_width);
    (alike ? settings.main : settings.others).push_back(setting);
  }
  if (settings.main.empty()) throw std::runtime_error("no variant fits the device");
  return settings;
}

/// How many checks found a fault.
int check_all(OpenClOpener& opener, const std::vector<OpenClSetting>& settings, const Amounts& amounts,
              Records& records) {
  int bad = 0;
  for (const OpenClSetting& setting : settings) {
    if (const auto session = opener.open(setting))
      bad += run_checks("opencl_check", "variant", std::string(setting.variant.name), *session, amounts, records);
  }
  return bad;
}

bool scan_with_solutions(const OpenClUnderTest& opencl, const OpenClSetting& setting, const Amounts& amounts,
                         Records& records) {
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

/// Every setting with each number of midstates.
std::vector<SessionCase> cases_of(OpenClOpener& opener, const std::vector<OpenClSetting>& settings) {
  std::vector<SessionCase> cases;
  for (const OpenClSetting& setting : settings) {
    const auto session = opener.open(setting);
    if (!session) continue;
    for (const std::uint32_t midstates : kMidstates)
      cases.push_back(case_of(setting, midstates, session));
  }
  return cases;
}

/// The best of each number of midstates, with other work-groups and portions.
std::vector<SessionCase> shapes_of(const OpenClUnderTest& opencl, OpenClOpener& opener,
                                   const std::vector<SessionCase>& variants) {
  std::vector<SessionCase> shapes;
  const auto add = [&](const OpenClSetting& setting, std::uint32_t midstates) {
    if (!device::fits(opencl.gpu, setting)) return;
    if (const auto session = opener.open(setting)) shapes.push_back(case_of(setting, midstates, session));
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

void measure_rates(const OpenClUnderTest& opencl, OpenClOpener& opener, const std::vector<OpenClSetting>& settings,
                   const GpuUnderTest* cuda, const Plan& plan, Records& records) {
  opener.begin("rates", plan.rates);
  std::vector<SessionCase> cases = cases_of(opener, settings);
  if (cases.empty()) return;
  sample(cases.front(), 10 * plan.sample);  // an idle GPU takes a moment to get to its clock
  cases.front().ghs.clear();
  sample_in_turn(cases, plan.sample, plan.rounds);
  write_rates("opencl_variants", cases, records);
  if (plan.shapes) {
    opener.begin("launch shapes", plan.rates);
    std::vector<SessionCase> shapes = shapes_of(opencl, opener, cases);
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
  const bool same = cuda && (options.played || bus.empty() || is_same_bus(bus, cuda->gpu.pci_bus_id));
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
  const Amounts amounts = few_of(options);
  const Settings settings = settings_of(*opencl, plan.variants);
  OpenClOpener opener(*opencl, records);
  opener.begin("correctness", plan.correctness);
  int bad = check_all(opener, settings.main, amounts, records);
  bad += scan_with_solutions(*opencl, settings.main.front(), amounts, records) ? 0 : 1;
  measure_rates(*opencl, opener, settings.main, same ? &*cuda : nullptr, plan, records);
  measure_latency(*opencl, settings.main.front(), plan, records);
  opener.begin("all but the fastest", plan.others);
  bad += check_all(opener, settings.others, amounts, records);
  std::vector<SessionCase> others = cases_of(opener, settings.others);
  sample_in_turn(others, plan.sample, plan.rounds);
  write_rates("opencl_variants", others, records);
  bad += opener.faults();
  std::printf("OpenCL on %s: %s\n", opencl->gpu.name.c_str(), bad == 0 ? "good" : "FAULTS");
  return bad == 0 ? kExitGood : kExitFault;
}

}  // namespace
}  // namespace lode::bench

int main(int argc, char** argv) {
  return lode::bench::run_program(argc, argv, lode::bench::run);
}
