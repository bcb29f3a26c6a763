#include "bench/gpu/gpu_under_test.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "host/device/cuda_device.h"
#include "host/device/cuda_library.h"
#include "host/device/cuda_nvml.h"
#include "kernels/cuda/images.h"
#include "tests/device/fake_cuda.h"
#include "tests/kernels/headers.h"

namespace lode::bench {
namespace {

using kernels::cuda::Balance;
using kernels::cuda::Image;

std::vector<GpuUnderTest::Build> real_builds() {
  const auto images = kernels::cuda::images();
  const auto find = [&](std::string_view kernel, Balance balance) {
    return std::ranges::find_if(images,
                                [&](const Image& image) { return image.kernel == kernel && image.balance == balance; });
  };
  std::vector<GpuUnderTest::Build> builds;
  for (const Balance balance : kernels::cuda::kBalances) {
    const auto single = find("sha256d_m1", balance);
    const auto rolling = find("sha256d_mn", balance);
    if (single == images.end() || rolling == images.end()) continue;
    builds.push_back({balance, {.single = {.image = *single}, .rolling = {.image = *rolling}}});
  }
  return builds;
}

}  // namespace

Result<GpuUnderTest> open_gpu_under_test(const Options& options) {
  GpuUnderTest found;
  if (options.played) {
    found.driver = std::make_shared<TimedDriver>(std::make_shared<device::FakeCuda>(), nullptr);
    found.played = true;
    found.builds = {{Balance::kLight, device::FakeCuda::kernels()}};
  } else {
    found.builds = real_builds();
    if (found.builds.empty()) return fail(Errc::kDevice, "this build has no CUDA kernels");
    auto driver = device::open_cuda_driver();
    if (!driver) return driver.error();
    found.driver = std::make_shared<TimedDriver>(*std::move(driver), open_event_timer());
    if (auto nvml = device::open_nvml()) found.telemetry = *std::move(nvml);
  }
  auto gpus = device::list_cuda_gpus(*found.driver);
  if (!gpus) return gpus.error();
  found.gpu = gpus->front();
  // Held until the process ends: what measures keeps events in the context beyond the sessions.
  device::CudaContext context = nullptr;
  if (const auto held =
          device::checked(found.driver->retain_primary_context(context, found.gpu.device), "cuDevicePrimaryCtxRetain");
      !held)
    return held.error();
  return found;
}

std::unique_ptr<GpuUnderTest> find_gpu_under_test(const Options& options) {
  auto found = open_gpu_under_test(options);
  if (!found) {
    std::printf("no GPU: %s\n", found.error().message().c_str());
    return nullptr;
  }
  return std::make_unique<GpuUnderTest>(*std::move(found));
}

void require(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}

std::unique_ptr<device::GpuSession> open_session(const GpuUnderTest& gpu, const device::CudaKernels& kernels) {
  auto session = device::CudaSession::open(gpu.driver, gpu.gpu, kernels);
  if (!session) throw std::runtime_error(session.error().message());
  require((*session)->enter());
  return *std::move(session);
}

std::unique_ptr<device::GpuDevice> open_device(const GpuUnderTest& gpu, const device::CudaKernels& kernels) {
  auto opened = device::open_cuda_device(gpu.driver, gpu.gpu, kernels, {});
  if (!opened) throw std::runtime_error(opened.error().message());
  return *std::move(opened);
}

void await(device::GpuSession& session, std::size_t slot) {
  while (true) {
    const auto finished = session.finished(slot);
    if (!finished) throw std::runtime_error(finished.error().message());
    if (*finished) return;
  }
}

kernels::ScanJob planted_job(std::uint32_t index, std::uint32_t midstates, std::uint32_t place) {
  kernels::ScanJob job = kernels::kRealHeaders[index % std::size(kernels::kRealHeaders)].job();
  const kernels::Midstate real = job.midstates[0];
  job.midstate_count = midstates;
  for (std::uint32_t m = 0; m < midstates; ++m)
    job.midstates[m] = {m, 1, 2, 3, 4, 5, 6, index};
  job.midstates[place] = real;
  job.limit = 0;
  return job;
}

std::uint32_t planted_nonce(std::uint32_t index) {
  return kernels::kRealHeaders[index % std::size(kernels::kRealHeaders)].nonce_word();
}

}  // namespace lode::bench
