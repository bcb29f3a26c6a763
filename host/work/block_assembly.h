// Puts a found header together with its coinbase and the template's transactions.
#pragma once

#include "host/base/result.h"
#include "host/work/candidate.h"
#include "host/work/found_block.h"
#include "host/work/job.h"

namespace lode::work {

/// The whole block of a winning candidate. The template must have a body (kOutOfRange otherwise: a pool's job).
Result<FoundBlock> assemble_block(const WorkTemplate& work, const Roll& roll);

/// Every context-free rule over the serialised block: proof of work, merkle root, witness commitment, weight, sigops
/// (chain::check_block), and that header, hash and parent are the ones named. Errors: kMalformed, kInvalidBlock with
/// Bitcoin's reject string first. `check_work` false leaves out the proof of work, to try a template before hashing.
Result<void> check_found_block(const FoundBlock& block, bool check_work = true);

}  // namespace lode::work
