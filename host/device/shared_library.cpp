#include "host/device/shared_library.h"

#include <dlfcn.h>

namespace lode::device {

SharedLibrary::SharedLibrary(const char* name, Unload unload) {
  const int flags = RTLD_NOW | RTLD_LOCAL | (unload == Unload::kNever ? RTLD_NODELETE : 0);
  if (void* const opened = ::dlopen(name, flags)) {
    handle_ = std::shared_ptr<void>(opened, [](void* library) { ::dlclose(library); });
  } else if (const char* const reason = ::dlerror()) {
    error_ = reason;
  }
}

void* SharedLibrary::address(const char* symbol) const noexcept {
  return handle_ ? ::dlsym(handle_.get(), symbol) : nullptr;
}

}  // namespace lode::device
