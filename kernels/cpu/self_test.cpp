#include "kernels/cpu/self_test.h"

#include "kernels/core/known_answers.h"

namespace lode::kernels {

std::optional<std::string> self_test(const Kernel& kernel) {
  return check_known_answers(
      [&kernel](const ScanJob& job, NonceRange range, std::span<Hit> hits) { return kernel.scan(job, range, hits); });
}

}  // namespace lode::kernels
