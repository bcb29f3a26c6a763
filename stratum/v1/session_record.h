// Records a session as JSON Lines, so that a report of a fault is a file that shows it again (session_replay.h).
//
// The first line names the format and holds the options, without the password. Each further line has "t", nanoseconds
// since the beginning, and one input ("start", "receive", "expire", "share", "block", "rate", "end") or, behind the
// input that caused it, one output ("send", "event"). A recorder belongs to the thread of its session and writes as
// things happen.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <ostream>
#include <string_view>
#include <utility>

#include "stratum/v1/session.h"

namespace lode::stratum::v1 {

/// Work that is told apart in a record: a share names one of so many, the newest. A session remembers no more.
inline constexpr std::size_t kRecentJobs = 256;

class SessionRecorder {
 public:
  /// `to` must outlive the recorder. `begin` is the time of t = 0. Write errors show in the stream's state.
  SessionRecorder(std::ostream& to, const SessionOptions& options, const PoolMemory& memory, TimePoint begin);

  /// Call each just before the session's function of the same name, and outputs() with what that returned.
  void start(TimePoint now);
  void receive(std::string_view line, TimePoint now);
  void expire(TimePoint now);
  void submit(const work::Share& share, TimePoint now);
  void submit_earlier(const Submission& block, TimePoint now);
  void set_hash_rate(double hashes_per_second, TimePoint now);
  void end(const Error& reason, TimePoint now);
  void outputs(const Outputs& outputs, TimePoint now);

 private:
  void write(TimePoint now, std::string_view key, boost::json::value value);

  std::ostream& to_;
  TimePoint begin_;
  std::uint64_t works_ = 0;
  std::deque<std::pair<std::uint64_t, std::weak_ptr<const work::WorkTemplate>>> recent_;
};

/// An output as it stands in a record: {"send": line} or {"event": {...}}; passwords are blotted out.
boost::json::object describe(const Output& output);

boost::json::object encode_options(const SessionOptions& options);
/// What encode_options wrote; fields that lack have their defaults. Errors: kMalformed.
Result<SessionOptions> decode_options(const boost::json::object& object);

/// Times are nanoseconds since `begin`.
boost::json::object encode_submission(const Submission& block, TimePoint begin);
/// What encode_submission wrote, with begin as the clock's zero. Errors: kMalformed.
Result<Submission> decode_submission(const boost::json::value& value);
/// Blocks that a session still has to send or to hear of.
boost::json::array encode_open_blocks(const OpenBlocks& blocks, TimePoint begin);
/// What encode_open_blocks wrote. Errors: kMalformed.
Result<void> decode_open_blocks(const boost::json::value& value, OpenBlocks& blocks);

/// What stands in a record for a password.
inline constexpr std::string_view kBlottedPassword = "***";

}  // namespace lode::stratum::v1
