#include "stratum/v1/difficulty.h"

#include <fmt/format.h>

#include "stratum/v1/param_reader.h"

namespace lode::stratum::v1 {

using chain::Target;

Result<Target> parse_set_difficulty(const Request& request) {
  constexpr std::string_view kWhat = "mining.set_difficulty";
  ParamReader params(request.params, kWhat);
  const boost::json::value* value = params.find(0);
  if (value == nullptr) return fail(Errc::kMalformed, fmt::format("{}: difficulty is missing", kWhat));
  const auto named = [&](Result<Target> target) -> Result<Target> {
    if (target) return target;
    return Error{target.error().code, fmt::format("{}: {}", kWhat, target.error().message())};
  };
  if (!request.first_number.empty()) return named(Target::from_difficulty(request.first_number));
  if (const boost::json::string* text = value->if_string()) {
    return named(Target::from_difficulty(std::string_view(text->data(), text->size())));
  }
  if (const double* number = value->if_double()) return named(Target::from_difficulty(*number));
  if (const std::int64_t* number = value->if_int64()) return named(Target::from_difficulty(fmt::to_string(*number)));
  if (const std::uint64_t* number = value->if_uint64()) return named(Target::from_difficulty(fmt::to_string(*number)));
  return fail(Errc::kMalformed, fmt::format("{}: difficulty is not a number", kWhat));
}

Result<Target> parse_set_target(const Request& request) {
  ParamReader params(request.params, "mining.set_target");
  std::string_view digits = params.text(0, "target", 66);
  if (params.failure()) return *params.failure();
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  auto target = Target::from_display(digits);
  if (!target) return fail(Errc::kMalformed, "mining.set_target: target is not a string of 64 hex digits");
  if (*target == Target()) return fail(Errc::kOutOfRange, "mining.set_target: target is zero");
  return target;
}

}  // namespace lode::stratum::v1
