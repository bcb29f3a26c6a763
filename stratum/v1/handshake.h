// What a pool answers to mining.subscribe and mining.configure.
//
// Values and pure functions; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "host/base/result.h"
#include "stratum/v1/notify.h"

namespace lode::stratum::v1 {

struct SubscribeAnswer {
  Extranonce extranonce;
  std::string session_id;  ///< to resume with; empty where the pool gives none
};

/// [[["mining.set_difficulty", id], ["mining.notify", id]], extranonce1, extranonce2 size]; the first element in any
/// shape. Errors: kMalformed, kTooLarge, kOutOfRange, with the name of the field.
Result<SubscribeAnswer> parse_subscribe_answer(const boost::json::value& result);

/// BIP310. An extension that the answer leaves out is one that the pool does not have.
struct ConfigureAnswer {
  bool version_rolling = false;
  std::optional<std::uint32_t> version_mask;
  bool minimum_difficulty = false;
  bool subscribe_extranonce = false;
  bool info = false;
};

/// Any shape: what is not true is false, as BIP310 has it (an extension may answer with a text that says why not).
ConfigureAnswer parse_configure_answer(const boost::json::value& result);

/// A mask as BIP310 writes it: 1 to 8 hex digits. Nothing for anything else.
std::optional<std::uint32_t> parse_mask(const boost::json::value& value) noexcept;

}  // namespace lode::stratum::v1
