#include "bench/gpu/session_scan.h"

#include "bench/gpu/gpu_under_test.h"

namespace lode::bench {

kernels::ScanResult scan_by_launches(device::GpuSession& session, const kernels::ScanJob& job,
                                     kernels::NonceRange range, std::span<kernels::Hit> hits) {
  static_assert(kernels::kMinHitCapacity <= device::GpuSession::kHitCapacity);
  session.prepare(job);
  for (std::size_t slot = 0; range.count != 0; slot = 1 - slot) {
    require(session.launch(slot, range, session.epoch(), static_cast<std::uint32_t>(hits.size())));
    await(session, slot);
    const kernels::gpu::Outcome outcome = session.outcome(slot);
    if (outcome.overflowed) {
      range.count /= 2;
      continue;
    }
    std::size_t i = 0;
    for (const kernels::gpu::HitSlot& hit : session.hits(slot))
      hits[i++] = {.nonce_word = hit.nonce_word, .midstate = hit.midstate_plus_one - 1};
    return {.nonces = outcome.nonces, .hits = outcome.hits};
  }
  return {};
}

}  // namespace lode::bench
