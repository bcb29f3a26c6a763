// Drives a Session through a record under a virtual clock and compares what it does with what was recorded.
//
// One thread; nothing is kept. A session that resumed earlier work may begin its search elsewhere when replayed, since
// what was searched before is not in the record; a comparison then ends at the first work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "host/base/result.h"

namespace lode::stratum::v1 {

struct ReplayReport {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::int64_t nanoseconds = 0;  ///< virtual time from first to last input

  struct Difference {
    std::size_t line = 0;  ///< of the record, 1 is the first
    std::string recorded;  ///< empty: the replay did more
    std::string replayed;  ///< empty: it did less
  };
  std::optional<Difference> difference;  ///< the first; the replay ends there
};

/// Errors: kMalformed, kUnsupported (another format), kTooLarge, with the number of the line.
Result<ReplayReport> replay_session(std::istream& record);

}  // namespace lode::stratum::v1
