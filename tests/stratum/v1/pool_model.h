// A pool that judges submissions from nothing but the messages that were exchanged, as strictly as the strictest.
#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "host/chain/target.h"
#include "tests/stratum/v1/driver.h"

namespace lode::stratum::v1::test {

/// How a pool puts the job's version and submitted bits together.
enum class VersionRule { kReplace, kOr, kXor };

class PoolModel {
 public:
  VersionRule version_rule = VersionRule::kReplace;
  bool difficulty_at_once = false;
  bool version_rolling = true;
  std::uint32_t mask = 0x1fffe000;
  std::uint32_t time_slack = 0;  ///< seconds past a job's time and age that a header may say
  std::string user = "bc1qexample.rig";
  Bytes extranonce1 = {0xf0, 0, 0, 1};
  std::size_t extranonce2_size = 4;
  chain::Target target = chain::Target::difficulty_one();

  /// A job under the extranonce and difficulty that are in force; its line is to be sent.
  std::string add_job(const NotifySpec& spec, TimePoint now);
  /// Jobs of an ended connection are not known any more; headers are, for ever.
  void forget_jobs() { jobs_.clear(); }

  /// What is wrong with the parameters of a mining.submit: the members of an error array; nothing when accepted.
  std::optional<boost::json::array> judge(const boost::json::array& submit, TimePoint now);
  /// The line that answers a mining.submit line.
  std::string answer(std::string_view line, TimePoint now);

  std::size_t accepted = 0;
  std::map<std::string, std::size_t> refusals;  ///< by reason

 private:
  struct PoolJob {
    Notify notify;
    Bytes extranonce1;
    std::size_t extranonce2_size = 0;
    chain::Target target;
    TimePoint sent;
  };
  std::map<std::string, PoolJob> jobs_;
  std::set<chain::Hash256> seen_;
};

}  // namespace lode::stratum::v1::test
