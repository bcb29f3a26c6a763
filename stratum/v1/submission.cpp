#include "stratum/v1/submission.h"

#include "host/work/header_builder.h"

namespace lode::stratum::v1 {

Submission submission_of(const work::Share& share, std::uint32_t mask) {
  const work::WorkTemplate& work = *share.job->work;
  return {.hash = share.hash,
          .height = work.height,
          .job_id = work.job_id,
          .session_id = work.session_id,
          .extranonce1 = work.extranonce1,
          .extranonce2 = work::encode_extranonce2(share.roll.extranonce2, work.extranonce2_size),
          .version = share.roll.version,
          .job_version = work.version,
          .mask = mask,
          .time = share.roll.time,
          .nonce = share.roll.nonce,
          .found = share.found};
}

}  // namespace lode::stratum::v1
