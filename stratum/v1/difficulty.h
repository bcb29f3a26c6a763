// From what a pool sends as a difficulty or target to the exact target of shares.
//
// Pure functions; any thread. The division is Target's, in integers: difficulty 1 is 0xffff * 2^208.
#pragma once

#include "host/base/result.h"
#include "host/chain/target.h"
#include "stratum/v1/message.h"

namespace lode::stratum::v1 {

/// Of mining.set_difficulty: a number or a string that holds one, "1024", 0.001, 1e-9, "1000000.0". A target of more
/// than 256 bits (a difficulty below about 2^-32) becomes 2^256-1. Errors: kMalformed (no number), kOutOfRange (zero,
/// negative, so high that no hash could meet it).
Result<chain::Target> parse_set_difficulty(const Request& request);

/// Of mining.set_target: 64 hex digits, highest first. Errors: kMalformed, kOutOfRange (zero).
Result<chain::Target> parse_set_target(const Request& request);

}  // namespace lode::stratum::v1
