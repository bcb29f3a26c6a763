// From a template and the rolled fields to the coinbase, the merkle root and the 80 bytes of a header. The one place
// that knows how they fit together; the search (roll_space) and the check of its results (verifier) both use it.
#pragma once

#include <cstdint>

#include "host/base/bytes.h"
#include "host/chain/hash256.h"
#include "host/chain/header.h"
#include "host/work/candidate.h"
#include "host/work/work_template.h"

namespace lode::work {

/// The extranonce2 field of `size` bytes (0 .. 16) for a counter: little endian, cut to or padded with zeros up to
/// size.
Bytes encode_extranonce2(std::uint64_t counter, std::size_t size);

/// How many values encode_extranonce2 tells apart, less one (2^64 - 1 for 8 bytes or more).
std::uint64_t last_extranonce2(std::size_t size) noexcept;

/// The coinbase transaction without witness, whose sha256d is its txid.
Bytes coinbase_without_witness(const WorkTemplate& work, std::uint64_t extranonce2);

/// One hash of the coinbase and one for each branch element: O(log transactions).
chain::Hash256 merkle_root(const WorkTemplate& work, std::uint64_t extranonce2);

chain::Header build_header(const WorkTemplate& work, const Roll& roll);

}  // namespace lode::work
