// A header that a kernel claims to meet the target: what travels up from a worker thread to the verifier.
#pragma once

#include <cstdint>
#include <type_traits>

#include "host/work/job.h"

namespace lode::work {

/// The fields of a header that were rolled; with the job they give the 80 bytes.
struct Roll {
  std::uint64_t extranonce2 = 0;  ///< counter, see encode_extranonce2()
  std::uint32_t version = 0;      ///< the whole version field
  std::uint32_t time = 0;
  std::uint32_t nonce = 0;  ///< the header's field (not the kernel's nonce word)

  friend bool operator==(const Roll&, const Roll&) = default;
  friend auto operator<=>(const Roll&, const Roll&) = default;
};

struct Candidate {
  Generation generation = 0;
  Roll roll;
  std::uint32_t worker = 0;  ///< index of the device worker that found it
};
static_assert(std::is_trivially_copyable_v<Candidate>);

}  // namespace lode::work
