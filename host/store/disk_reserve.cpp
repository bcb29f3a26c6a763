#include "host/store/disk_reserve.h"

#include <unistd.h>

#include "host/store/posix_file.h"

namespace lode::store {

Result<void> DiskReserve::take() {
  if (held_) return {};
  if (auto allocated = allocate_file(file_, bytes_); !allocated) return allocated;
  held_ = true;
  return {};
}

bool DiskReserve::release() noexcept {
  if (!held_) return false;
  held_ = false;
  return ::unlink(file_.c_str()) == 0;
}

}  // namespace lode::store
