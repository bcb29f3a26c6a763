// What happens while mining, as plain values. The app turns them into JSON lines and terminal output; the field names
// of both follow docs/operations.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/chain/hash256.h"
#include "host/device/telemetry.h"

namespace lode::engine {

struct SourceConnected {
  std::string source;
};

struct SourceLost {
  std::string source;
  std::string reason;
  bool for_good = false;  ///< it will not be tried again: wrong password, wrong network ...
  bool refused = false;   ///< it does not accept the user name, the password, or its certificate is not accepted
};

/// New work was handed to the devices.
struct JobStarted {
  std::string source;
  std::uint32_t height = 0;
  bool clean = true;
  std::size_t transactions = 0;  ///< without the coinbase
  double network_difficulty = 0;
  std::optional<double> share_difficulty = {};  ///< of a pool's job
};

/// A share is on its way to its pool.
struct ShareSubmitted {
  std::string source;
  std::string device;
  double difficulty = 0;  ///< that its hash would meet
};

/// A pool has counted a share.
struct ShareAccepted {
  std::string source;
  double milliseconds = 0;  ///< from the candidate's arrival at the host to the pool's answer
};

/// A pool did not count a share, for another reason than its age.
struct ShareRejected {
  std::string source;
  std::string reason;  ///< the pool's words
  int code = 0;        ///< the pool's; 0: none
};

/// A share came too late: its job was out of date, or its connection gone. Where it was never sent, `reason` says so.
struct ShareStale {
  std::string source;
  std::string reason;
};

/// No source has work that may be hashed, for some seconds already. Once until there is work again.
struct NoWork {
  std::string reason;  ///< of each source
};

/// A header that meets the network target. One for a pool's job is the pool's to send as a block.
struct BlockFound {
  chain::Hash256 hash;
  std::uint32_t height = 0;
  std::string device;
  std::string pool = {};  ///< whose job it was; empty: the block goes to the nodes
};

/// A block is in the best chain of a sink. Once a block, for the sink that said so first.
struct BlockAccepted {
  chain::Hash256 hash;
  std::uint32_t height = 0;
  std::string sink;
  double milliseconds = 0;  ///< from the candidate's arrival at the host to the sink's answer
  bool resent = false;      ///< found by an earlier run and kept in the journal since
};

/// No sink will ever take the block. Once a block.
struct BlockRejected {
  chain::Hash256 hash;
  std::uint32_t height = 0;
  std::string sink;
  std::string reason;  ///< the sink's word, such as "bad-txnmrklroot"
  std::string detail;  ///< what it means
  bool stale = false;  ///< right, but another block was first
};

/// A device returned a result that is wrong.
struct HardwareError {
  std::string device;
  std::uint64_t count = 0;  ///< of this device so far
};

/// A device stopped working.
struct DeviceFault {
  std::string device;
  std::string reason;
  std::optional<double> restart_in = {};  ///< seconds; nothing: it is left out for good
};

/// A device that had stopped works again.
struct DeviceBack {
  std::string device;
};

struct DeviceRate {
  std::string device;
  std::string name;
  std::string kernel;
  std::size_t threads = 0;
  std::uint64_t hashes = 0;
  double hashes_per_second = 0;  ///< over the last 10 s
  std::optional<device::Telemetry> telemetry = {};
};

struct Totals {
  std::uint64_t hashes = 0;
  std::uint64_t shares_accepted = 0;
  std::uint64_t shares_rejected = 0;
  std::uint64_t shares_stale = 0;
  std::uint64_t shares_submitted = 0;
  std::uint64_t blocks_found = 0;
  std::uint64_t blocks_accepted = 0;
  std::uint64_t blocks_rejected = 0;
  std::uint64_t blocks_stale = 0;
  std::uint64_t hardware_errors = 0;
};

/// What one source gave and got since the start.
struct SourceCounters {
  std::string source;
  bool connected = false;
  std::string state = {};    ///< see state_name() in source_health.h
  std::string trouble = {};  ///< what keeps it from working; empty: nothing
  std::uint64_t hashes = 0;  ///< done for its jobs
  std::uint64_t shares_submitted = 0;
  std::uint64_t shares_accepted = 0;
  std::uint64_t shares_duplicate = 0;       ///< refused for that
  std::uint64_t shares_low_difficulty = 0;  ///< the same
  std::uint64_t shares_refused = 0;         ///< for any other reason
  std::uint64_t shares_stale = 0;           ///< those not sent or not answered included
  double difficulty_accepted = 0;           ///< sum of the difficulties that the accepted shares were asked to meet
  std::uint64_t blocks_found = 0;

  [[nodiscard]] std::uint64_t shares_rejected() const noexcept {
    return shares_duplicate + shares_low_difficulty + shares_refused;
  }
};

/// Every 10 s.
struct Rate {
  double hashes_per_second = 0;
  std::vector<DeviceRate> devices;
  std::vector<SourceCounters> sources = {};  ///< in the order that they were given
};

/// The last event.
struct Stopped {
  Totals totals;
  double seconds = 0;
  std::vector<SourceCounters> sources = {};
  std::size_t blocks_pending = 0;  ///< found, not yet answered for: kept in the journal, sent again at the next start
};

using Event = std::variant<SourceConnected, SourceLost, NoWork, JobStarted, ShareSubmitted, ShareAccepted,
                           ShareRejected, ShareStale, BlockFound, BlockAccepted, BlockRejected, HardwareError,
                           DeviceFault, DeviceBack, Rate, Stopped>;

/// Called on the io thread; must be quick.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace lode::engine
