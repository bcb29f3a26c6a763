// Where work comes from: a node, a pool or the embedded chain. And who listens to it.
//
// Everything here happens on the io thread. This header and sink.h are the only ones of host/work that know Asio, and
// of it only awaitable<>: a source is a coroutine that the engine owns and awaits.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "host/base/error.h"
#include "host/chain/hash256.h"
#include "host/work/share.h"
#include "host/work/work_template.h"

namespace lode::work {

class WorkSource;

class SourceListener {
 public:
  virtual ~SourceListener() = default;

  /// The source answers. Comes before its first work, and again after every on_lost.
  virtual void on_connected(WorkSource& source) = 0;

  /// New work, replacing the source's earlier one as its `clean` says. Called as early as possible: what takes time
  /// (checking the body of a template) follows, with on_withdrawn when it finds fault.
  virtual void on_work(WorkSource& source, std::shared_ptr<const WorkTemplate> work) = 0;

  /// The work handed over last must not be hashed: it turned out invalid. The source stays connected.
  virtual void on_withdrawn(WorkSource& source, const Error& reason) = 0;

  /// What became of a share that was handed to the source. Comes once for each share, and once more
  /// (ShareOutcome::again) for each answer to a block that the source had to send again.
  virtual void on_share(WorkSource& source, const ShareOutcome& outcome) = 0;

  /// Nothing from this source can be relied on until it calls on_connected again; it keeps trying by itself. Also
  /// called for every failed attempt before the first success, so that a listener can show why there is no work yet.
  virtual void on_lost(WorkSource& source, const Error& reason) = 0;
};

class WorkSource {
 public:
  virtual ~WorkSource() = default;

  /// For people and events, without credentials: "127.0.0.1:8332".
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;

  /// Feeds the listener, reconnecting with back-off, until stop() (then the error is kCancelled) or until it is clear
  /// that this source can never work (wrong password, wrong network for the address, an unknown !rule): then says why.
  virtual boost::asio::awaitable<Error> run(SourceListener& listener) = 0;

  /// A result for a job of this source that meets the job's share target, oldest first; its fate comes through
  /// on_share(), perhaps before this returns. It is sent at once, or not at all: a source that is no longer connected
  /// as it was when it issued the job does not send it. A block is sent in any case, as soon as there is a connection,
  /// and again until the source has it. For sources without shares this does nothing.
  virtual void submit_share(const Share& /*share*/) {}

  /// Hashes a second of all devices, every now and then. For sources that can tell whether their shares suit them.
  virtual void note_hash_rate(double /*hashes_per_second*/) {}

  /// What an own node builds on: the height of the next block and the block before it. For sources that others make
  /// the work of, which can be compared with it. Comes with all work of the node.
  virtual void note_node_tip(std::uint32_t /*height*/, const chain::Hash256& /*previous_block*/) {}

  /// Makes run() return soon. Callable at any time, more than once.
  virtual void stop() noexcept = 0;
};

}  // namespace lode::work
