// Stands in for Boost.System, see error_code.hpp: what the device layer uses of its result<T, E>, a value or an error.
// Used by one thread at a time, as any value.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "bench/gpu/stand_in/boost/system/error_code.hpp"

// NOLINTBEGIN(readability-identifier-naming,google-explicit-constructor,bugprone-forwarding-reference-overload): names
// and conversions are Boost's.
namespace boost::system {

template <class T, class E>
class result {
 public:
  template <class U = T>
  requires std::is_convertible_v<U, T> &&(!std::is_convertible_v<U, E>)result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  result(const E& error) : state_(std::in_place_index<1>, error) {}
  result(E&& error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// There must be a value.
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// Throws what throw_exception_from_error() makes of the error.
  T& value() & {
    if (!has_value()) throw_exception_from_error(*std::get_if<1>(&state_), source_location());
    return **this;
  }
  T&& value() && {
    if (!has_value()) throw_exception_from_error(*std::get_if<1>(&state_), source_location());
    return std::move(**this);
  }

  [[nodiscard]] E error() const { return has_value() ? E() : *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

template <class E>
class result<void, E> : public result<std::monostate, E> {
 public:
  result() : result<std::monostate, E>(std::monostate()) {}
  result(const E& error) : result<std::monostate, E>(error) {}
};

}  // namespace boost::system
// NOLINTEND(readability-identifier-naming,google-explicit-constructor,bugprone-forwarding-reference-overload)
