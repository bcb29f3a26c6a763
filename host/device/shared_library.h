// A shared library that is opened while the program runs, because not every machine has it. Movable; closed with its
// last owner, or never. Any thread.
#pragma once

#include <memory>
#include <string>

namespace lode::device {

class SharedLibrary {
 public:
  /// When its code leaves the process.
  enum class Unload : bool { kWithLastOwner, kNever };

  /// Looks where the dynamic loader looks. is_open() tells whether it was found.
  explicit SharedLibrary(const char* name, Unload unload = Unload::kWithLastOwner);

  [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
  /// Why it could not be opened, as the loader puts it.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  /// Sets `function` to the symbol. False, and null, where the library has none of that name.
  template <class Function>
  bool find(const char* symbol, Function*& function) const noexcept {
    function = reinterpret_cast<Function*>(address(symbol));
    return function != nullptr;
  }

 private:
  [[nodiscard]] void* address(const char* symbol) const noexcept;

  std::shared_ptr<void> handle_;
  std::string error_;
};

}  // namespace lode::device
