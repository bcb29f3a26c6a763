#include "bench/gpu/opencl_opener.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/opencl/program.h"

namespace lode::bench {

void OpenClOpener::begin(const char* part, std::chrono::seconds limit) {
  part_ = part;
  end_ = Clock::now() + limit;
}

std::shared_ptr<device::GpuSession> OpenClOpener::open(const device::OpenClSetting& setting) {
  const std::string program = kernels::opencl::build_options(setting.variant);
  const bool compiles = !compiled_.contains(program);
  const auto width = static_cast<int>(setting.variant.vector_width);
  const auto begin = Clock::now();
  // One has to be compiled to know how long that takes.
  if (!compiled_.empty() && begin + (compiles ? width * longest_of_a_nonce_ : Clock::duration::zero()) >= end_) {
    records_->write(Record("opencl_left_out").add("variant", to_string(setting)).add("part", part_));
    return nullptr;
  }
  try {
    std::shared_ptr<device::GpuSession> session = open_session(*opencl_, setting);
    if (compiles) longest_of_a_nonce_ = std::max(longest_of_a_nonce_, (Clock::now() - begin) / width);
    compiled_.insert(program);
    return session;
  } catch (const std::runtime_error& error) {
    ++faults_;
    records_->write(Record("opencl_check")
                        .add("variant", setting.variant.name)
                        .add("name", "opens")
                        .add("good", false)
                        .add("faults", error.what()));
    return nullptr;
  }
}

}  // namespace lode::bench
