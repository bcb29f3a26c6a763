// Whether the CUDA kernels are right on a real GPU: the cases of all kernels' tests, for every image; what only a grid
// can show; continuous scanning with planted solutions, with and without newer work coming in. Exits with 0 if nothing
// was wrong, with 77 if there is no GPU.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/gpu/gpu_under_test.h"
#include "bench/gpu/options.h"
#include "bench/gpu/planted_scan.h"
#include "bench/gpu/records.h"
#include "bench/gpu/session_checks.h"

namespace lode::bench {
namespace {

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
    bad += run_checks("check", "balance", std::string(name_of(build.balance)), *session, amounts, records);
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
