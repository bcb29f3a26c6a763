#include "tests/stratum/v1/pool_model.h"

#include <boost/json/parse.hpp>

#include "host/base/hex.h"
#include "host/chain/header.h"

namespace lode::stratum::v1::test {

namespace json = boost::json;

std::string PoolModel::add_job(const NotifySpec& spec, TimePoint now) {
  auto notify = parse_notify(notify_params(spec));
  // The clock of a job that is sent again goes on.
  TimePoint sent = now;
  if (const auto old = jobs_.find(spec.id); old != jobs_.end()) {
    Notify same = old->second.notify;
    same.clean = notify->clean;
    if (same == *notify) sent = old->second.sent;
  }
  if (notify->clean) jobs_.clear();
  jobs_[spec.id] = {std::move(*notify), extranonce1, extranonce2_size, target, sent};
  return notify_line(spec);
}

std::optional<json::array> PoolModel::judge(const json::array& submit, TimePoint now) {
  if (submit.size() != (version_rolling ? 6U : 5U)) return json::array{20, "number of parameters"};
  std::array<std::string, 6> field;
  for (std::size_t i = 0; i < submit.size(); ++i) {
    if (!submit[i].is_string()) return json::array{20, "kind of parameter"};
    field[i] = submit[i].get_string();
  }
  if (field[0] != user) return json::array{24, "worker mismatch", nullptr};
  const auto found = jobs_.find(field[1]);
  if (found == jobs_.end()) return json::array{21, "Job not found", nullptr};
  const PoolJob& job = found->second;
  if (field[2].size() != 2 * job.extranonce2_size) return json::array{20, "incorrect size of extranonce2"};
  if (field[3].size() != 8 || field[4].size() != 8) return json::array{20, "incorrect size of ntime or nonce"};

  chain::Header header;
  header.time = static_cast<std::uint32_t>(std::stoul(field[3], nullptr, 16));
  header.nonce = static_cast<std::uint32_t>(std::stoul(field[4], nullptr, 16));
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - job.sent).count();
  if (header.time < job.notify.time || header.time > job.notify.time + age + time_slack) {
    return json::array{20, "ntime out of range"};
  }
  header.version = job.notify.version;
  if (version_rolling) {
    const auto bits = static_cast<std::uint32_t>(std::stoul(field[5], nullptr, 16));
    if (field[5].size() != 8 || (bits & ~mask) != 0) return json::array{6, "invalid version mask", nullptr};
    switch (version_rule) {
      case VersionRule::kReplace:
        header.version = (job.notify.version & ~mask) | (bits & mask);
        break;
      case VersionRule::kOr:
        header.version = job.notify.version | bits;
        break;
      case VersionRule::kXor:
        header.version = job.notify.version ^ bits;
        break;
    }
  }
  Bytes coinbase = job.notify.coinbase_prefix;
  append(coinbase, job.extranonce1);
  append(coinbase, *from_hex(field[2], 16));
  append(coinbase, job.notify.coinbase_suffix);
  header.merkle_root = chain::sha256d(coinbase);
  for (const chain::Hash256& sibling : job.notify.merkle_branch)
    header.merkle_root = chain::sha256d(header.merkle_root, sibling);
  header.previous_block = job.notify.previous_block;
  header.bits = job.notify.bits;
  const chain::Hash256 hash = header.hash();
  if (!(difficulty_at_once ? target : job.target).is_met_by(hash)) return json::array{23, "Low difficulty", nullptr};
  if (!seen_.insert(hash).second) return json::array{22, "Duplicate share", nullptr};
  return std::nullopt;
}

std::string PoolModel::answer(std::string_view line, TimePoint now) {
  const json::value request = json::parse(json::string_view(line.data(), line.size()));
  auto refusal = judge(request.at("params").as_array(), now);
  if (!refusal) {
    ++accepted;
    return encode_result(request.at("id"), true);
  }
  ++refusals[std::string((*refusal)[1].get_string())];
  return json::serialize(json::object{{"id", request.at("id")}, {"result", nullptr}, {"error", *refusal}});
}

}  // namespace lode::stratum::v1::test
