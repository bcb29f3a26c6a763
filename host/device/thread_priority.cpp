#include "host/device/thread_priority.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace lode::device {

void yield_to_others() noexcept {
#if defined(__linux__)
  // On Linux a thread has a niceness of its own.
  constexpr int kLowest = 19;
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowest));
#endif
}

}  // namespace lode::device
