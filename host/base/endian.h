// Integers in the byte order of a wire or file format. Every reader takes a span of exactly the integer's size, so that
// a length check is the caller's and is visible there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace lode {

template <class T>
requires std::is_unsigned_v<T>
constexpr T read_le(std::span<const std::uint8_t, sizeof(T)> bytes) noexcept {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>((value << 8) | bytes[i]);
  return value;
}

template <class T>
requires std::is_unsigned_v<T>
constexpr T read_be(std::span<const std::uint8_t, sizeof(T)> bytes) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>((value << 8) | bytes[i]);
  return value;
}

template <class T>
requires std::is_unsigned_v<T>
constexpr void write_le(std::span<std::uint8_t, sizeof(T)> bytes, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <class T>
requires std::is_unsigned_v<T>
constexpr void write_be(std::span<std::uint8_t, sizeof(T)> bytes, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes[sizeof(T) - 1 - i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <class T>
requires std::is_unsigned_v<T>
constexpr std::array<std::uint8_t, sizeof(T)> le_bytes(T value) noexcept {
  std::array<std::uint8_t, sizeof(T)> bytes{};
  write_le<T>(bytes, value);
  return bytes;
}

}  // namespace lode
