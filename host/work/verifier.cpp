#include "host/work/verifier.h"

#include "host/base/endian.h"
#include "host/work/header_builder.h"
#include "kernels/core/sha256.h"

namespace lode::work {

Verdict verify(const Job& job, const Roll& roll) {
  Verdict verdict;
  verdict.header = build_header(*job.work, roll);
  verdict.hash.bytes = kernels::sha256d(verdict.header.serialize());
  const auto top = read_le<std::uint32_t>(std::span<const std::uint8_t, 32>(verdict.hash.bytes).last<4>());
  if (job.work->network_target.is_met_by(verdict.hash)) {
    verdict.kind = Verdict::Kind::kBlock;
  } else if (job.work->share_target.is_met_by(verdict.hash)) {
    verdict.kind = Verdict::Kind::kShare;
  } else if (top <= wanted_target(job).top_word()) {
    verdict.kind = Verdict::Kind::kNearMiss;
  }
  return verdict;
}

}  // namespace lode::work
