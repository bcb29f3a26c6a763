#include "host/base/error.h"

#include <boost/system/system_error.hpp>

namespace lode {
namespace {

// Boost's category has a protected, non-virtual destructor by design: categories are never deleted through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class LodeCategory final : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "lode"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::kMalformed:
        return "malformed data";
      case Errc::kOutOfRange:
        return "value out of range";
      case Errc::kTooLarge:
        return "larger than allowed";
      case Errc::kUnsupported:
        return "not supported";
      case Errc::kInvalidBlock:
        return "invalid block";
      case Errc::kUnauthorized:
        return "not authorised";
      case Errc::kForbidden:
        return "not allowed";
      case Errc::kNotReady:
        return "peer is not ready";
      case Errc::kTimeout:
        return "timed out";
      case Errc::kDisconnected:
        return "not connected";
      case Errc::kProtocol:
        return "protocol error";
      case Errc::kRejected:
        return "rejected";
      case Errc::kDevice:
        return "device error";
      case Errc::kStore:
        return "state folder error";
      case Errc::kCancelled:
        return "cancelled";
    }
    return "unknown error";
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& lode_category() noexcept {
  static const LodeCategory kCategory;
  return kCategory;
}

void throw_exception_from_error(const Error& error, const boost::source_location& /*location*/) {
  throw boost::system::system_error(error.code, error.detail);
}

}  // namespace lode
