#include "bench/gpu/microbench_module.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>

#include "bench/gpu/measured.h"

namespace lode::bench {

using device::checked;
using device::CudaStatus;

double instructions_per_clock(const MicrobenchRun& run, std::uint32_t threads, double instructions) {
  struct Busy {
    std::uint64_t begin;
    std::uint64_t end;
    double blocks;
  };
  std::map<std::uint32_t, Busy> multiprocessors;
  for (const BlockRecord& block : run.blocks) {
    const auto [place, added] =
        multiprocessors.try_emplace(block.multiprocessor, Busy{block.clock_begin, block.clock_end, 0});
    Busy& busy = place->second;
    busy.begin = std::min(busy.begin, block.clock_begin);
    busy.end = std::max(busy.end, block.clock_end);
    ++busy.blocks;
  }
  std::vector<double> rates;
  rates.reserve(multiprocessors.size());
  for (const auto& [number, busy] : multiprocessors)
    rates.push_back(busy.blocks * threads * instructions / static_cast<double>(busy.end - busy.begin));
  return median(std::move(rates));
}

double clock_mhz(const std::vector<BlockRecord>& blocks) {
  std::vector<double> all;
  for (const BlockRecord& block : blocks) {
    if (block.nanoseconds_end <= block.nanoseconds_begin) continue;
    all.push_back(1000.0 * static_cast<double>(block.clock_end - block.clock_begin) /
                  static_cast<double>(block.nanoseconds_end - block.nanoseconds_begin));
  }
  return median(std::move(all));
}

Result<std::unique_ptr<MicrobenchModule>> MicrobenchModule::open(const GpuUnderTest& gpu) {
  if (gpu.played) return fail(Errc::kDevice, "a played GPU has no clock and no pipes");
  std::unique_ptr<MicrobenchModule> module(new MicrobenchModule(gpu));
  if (const auto built = module->build(gpu); !built) return built.error();
  return module;
}

Result<void> MicrobenchModule::build(const GpuUnderTest& gpu) {
  const std::string name = LODE_GPU_MICROBENCH_FOLDER "/microbench.sm_" + std::to_string(gpu.gpu.capability) + ".cubin";
  std::ifstream file(name, std::ios::binary);
  const std::vector<char> cubin{std::istreambuf_iterator<char>(file), {}};
  if (cubin.empty()) return fail(Errc::kDevice, "no " + name + ": build for this GPU's compute capability");
  if (const auto good = checked(driver_->retain_primary_context(context_, device_), "cuDevicePrimaryCtxRetain");
      !good) {
    context_ = nullptr;
    return good;
  }
  if (const auto good = checked(driver_->set_current(context_), "cuCtxSetCurrent"); !good) return good;
  if (const auto good = checked(driver_->load_module(module_, std::as_bytes(std::span(cubin))), "cuModuleLoadData");
      !good)
    return good;
  if (const auto good = checked(driver_->create_stream(stream_), "cuStreamCreate"); !good) return good;
  if (const auto good = checked(driver_->create_event(done_), "cuEventCreate"); !good) return good;
  constexpr std::size_t kBytes = (kMostBlocks + 1) * sizeof(BlockRecord) + sizeof(std::uint32_t);
  if (const auto good = checked(driver_->allocate_host(memory_, kBytes), "cuMemHostAlloc"); !good) return good;
  std::memset(memory_, 0, kBytes);
  return checked(driver_->host_address(address_, memory_), "cuMemHostGetDevicePointer");
}

MicrobenchModule::~MicrobenchModule() {
  if (context_ == nullptr) return;
  static_cast<void>(driver_->set_current(context_));
  if (memory_ != nullptr) static_cast<void>(driver_->free_host(memory_));
  if (done_ != nullptr) static_cast<void>(driver_->destroy_event(done_));
  if (stream_ != nullptr) static_cast<void>(driver_->destroy_stream(stream_));
  if (module_ != nullptr) static_cast<void>(driver_->unload_module(module_));
  static_cast<void>(driver_->release_primary_context(device_));
}

Result<device::CudaFunction> MicrobenchModule::function(const char* kernel) {
  device::CudaFunction& found = functions_[kernel];
  if (found == nullptr) {
    if (const auto good = checked(driver_->function(found, module_, kernel), "cuModuleGetFunction"); !good)
      return good.error();
  }
  return found;
}

MicrobenchParams MicrobenchModule::params(std::uint32_t first_record) const {
  MicrobenchParams params{.words = {0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f},
                          .iterations = 0,
                          .nanoseconds = 0,
                          .records = nullptr,
                          .never_written = nullptr};
  params.records = std::bit_cast<BlockRecord*>(address_ + first_record * sizeof(BlockRecord));
  params.never_written = std::bit_cast<std::uint32_t*>(address_ + (kMostBlocks + 1) * sizeof(BlockRecord));
  return params;
}

void MicrobenchModule::start(const char* kernel, std::uint32_t blocks, std::uint32_t threads,
                             const MicrobenchParams& params) {
  require(checked(driver_->set_current(context_), "cuCtxSetCurrent"));
  const auto code = function(kernel);
  if (!code) throw std::runtime_error(code.error().message());
  require(checked(driver_->launch(*code, blocks, threads, stream_, &params), "cuLaunchKernel"));
  require(checked(driver_->record(done_, stream_), "cuEventRecord"));
}

void MicrobenchModule::wait() {
  while (true) {
    const CudaStatus status = driver_->query(done_);
    if (status == CudaStatus::kNotReady) continue;
    return require(checked(status, "cuEventQuery"));
  }
}

MicrobenchRun MicrobenchModule::run(const char* kernel, std::uint32_t blocks, std::uint32_t threads,
                                    std::uint32_t iterations) {
  if (blocks > kMostBlocks) throw std::runtime_error("more blocks than there are records for");
  MicrobenchParams with = params(0);
  with.iterations = iterations;
  driver_->measure(true);
  start(kernel, blocks, threads, with);
  wait();
  const auto times = driver_->times();
  driver_->measure(false);
  MicrobenchRun result;
  result.blocks.resize(blocks);
  std::memcpy(result.blocks.data(), memory_, blocks * sizeof(BlockRecord));
  if (times && times->size() == 1) result.milliseconds = times->front();
  return result;
}

void MicrobenchModule::start_probe(std::uint32_t nanoseconds) {
  MicrobenchParams with = params(kMostBlocks);
  with.nanoseconds = nanoseconds;
  start("clock_probe", 1, 32, with);
}

double MicrobenchModule::finish_probe() {
  wait();
  BlockRecord record;
  std::memcpy(&record, static_cast<const std::byte*>(memory_) + kMostBlocks * sizeof record, sizeof record);
  return clock_mhz({record});
}

}  // namespace lode::bench
