// Decides what a candidate is worth, without trusting the kernel that found it: rebuilds the 80 bytes, hashes them with
// the portable code and compares all 256 bits.
#pragma once

#include "host/chain/hash256.h"
#include "host/chain/header.h"
#include "host/work/candidate.h"
#include "host/work/job.h"

namespace lode::work {

struct Verdict {
  enum class Kind {
    kBlock,          ///< meets the network target (and so counts as a share too)
    kShare,          ///< meets the share target only
    kNearMiss,       ///< right in the 32 bits that kernels compare, above the target in the rest; not an error
    kHardwareError,  ///< does not even pass the kernel's own test: the device computed wrongly
  };
  Kind kind = Kind::kHardwareError;
  chain::Header header;
  chain::Hash256 hash;
};

Verdict verify(const Job& job, const Roll& roll);

}  // namespace lode::work
