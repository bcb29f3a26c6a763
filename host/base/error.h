// What can go wrong in operation, as one error category, and the error value that carries it with its story.
//
// Library code returns Result<T> (result.h) for everything the outside world can cause: a node that answers nonsense, a
// full disk, a device that faults. Exceptions are kept for start-up, configuration and out-of-memory.
#pragma once

#include <boost/system/error_code.hpp>
#include <string>
#include <type_traits>

namespace lode {

/// The one error category of lode's own failures. Errors of the operating system, Asio or OpenSSL keep their category.
enum class Errc {
  kMalformed = 1,  ///< data from outside does not parse (hex, JSON, header, address ...)
  kOutOfRange,     ///< it parses, but a value lies outside what is allowed
  kTooLarge,       ///< longer than the limit for its kind; nothing was allocated for it
  kUnsupported,    ///< understood, but this program cannot do it (an unknown !rule, signet)
  kInvalidBlock,   ///< breaks a consensus rule
  kUnauthorized,   ///< credentials missing or refused
  kForbidden,      ///< the credentials are right, but do not allow this
  kNotReady,       ///< the peer says: later (warming up, in initial block download, no peers)
  kTimeout,        ///< no answer within the time allowed
  kDisconnected,   ///< the peer closed the connection or cannot be reached
  kProtocol,       ///< the peer broke its protocol (HTML for JSON, wrong id, missing result)
  kRejected,       ///< the peer understood and refused
  kDevice,         ///< a device or kernel failed
  kStore,          ///< the state folder could not be read or written
  kCancelled,      ///< stopped on request
};

const boost::system::error_category& lode_category() noexcept;

inline boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), lode_category()};
}

/// An error code with one sentence that names what is wrong and, where it can be known, what to do.
struct Error {
  boost::system::error_code code;
  std::string detail;

  Error() = default;
  Error(boost::system::error_code code_in, std::string detail_in) : code(code_in), detail(std::move(detail_in)) {}
  Error(Errc code_in, std::string detail_in) : code(make_error_code(code_in)), detail(std::move(detail_in)) {}

  /// "detail" or, where there is none, the message of the code.
  [[nodiscard]] std::string message() const { return detail.empty() ? code.message() : detail; }
  [[nodiscard]] bool is(Errc errc) const noexcept { return code == make_error_code(errc); }
};

/// Found by boost::system::result when value() is called on an error; throws boost::system::system_error.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& location);

}  // namespace lode

template <>
struct boost::system::is_error_code_enum<lode::Errc> : std::true_type {};
