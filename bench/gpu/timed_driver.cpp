#include "bench/gpu/timed_driver.h"

#include <utility>

#include "host/device/shared_library.h"

namespace lode::bench {
namespace {

using device::CudaEvent;
using device::CudaStatus;

class LibraryTimer final : public EventTimer {
 public:
  explicit LibraryTimer(const char* name) : library_(name) {
    if (!library_.is_open()) return;
    complete_ = library_.find("cuEventCreate", create_) && library_.find("cuEventElapsedTime", elapsed_);
  }

  [[nodiscard]] bool complete() const noexcept { return complete_; }
  CudaStatus create(CudaEvent& event) override { return create_(&event, 0); }
  CudaStatus elapsed(float& milliseconds, CudaEvent begin, CudaEvent end) override {
    return elapsed_(&milliseconds, begin, end);
  }

 private:
  device::SharedLibrary library_;
  CudaStatus (*create_)(CudaEvent*, unsigned) = nullptr;
  CudaStatus (*elapsed_)(float*, CudaEvent, CudaEvent) = nullptr;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<EventTimer> open_event_timer(const char* name) {
  auto timer = std::make_unique<LibraryTimer>(name);
  return timer->complete() ? std::move(timer) : nullptr;
}

void TimedDriver::measure(bool on) {
  measures_ = on && timer_ != nullptr;
  failed_ = false;
  used_ = 0;
}

std::optional<std::vector<double>> TimedDriver::times() {
  if (!measures_ || failed_) return std::nullopt;
  std::vector<double> all;
  for (std::size_t i = 0; i < used_; ++i) {
    float milliseconds = 0;
    if (timer_->elapsed(milliseconds, spans_[i].begin, spans_[i].end) != CudaStatus::kSuccess) return std::nullopt;
    all.push_back(static_cast<double>(milliseconds));
  }
  return all;
}

CudaStatus TimedDriver::launch(device::CudaFunction function, std::uint32_t blocks, std::uint32_t threads,
                               device::CudaStream stream, const void* parameter) {
  last_blocks_ = blocks;
  last_threads_ = threads;
  if (!measures_ || failed_) return driver_->launch(function, blocks, threads, stream, parameter);
  if (used_ == spans_.size()) {
    Span span;
    if (timer_->create(span.begin) != CudaStatus::kSuccess || timer_->create(span.end) != CudaStatus::kSuccess) {
      failed_ = true;
      return driver_->launch(function, blocks, threads, stream, parameter);
    }
    spans_.push_back(span);
  }
  const Span& span = spans_[used_++];
  if (driver_->record(span.begin, stream) != CudaStatus::kSuccess) failed_ = true;
  const CudaStatus status = driver_->launch(function, blocks, threads, stream, parameter);
  if (driver_->record(span.end, stream) != CudaStatus::kSuccess) failed_ = true;
  return status;
}

}  // namespace lode::bench
