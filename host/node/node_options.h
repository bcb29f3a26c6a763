// How a getblocktemplate source is set up, and what it counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "host/net/backoff.h"
#include "host/net/proxy_options.h"
#include "host/node/longpoll_gate.h"
#include "host/node/longpoll_record.h"

namespace lode::node {

/// Limits on waits; tests make them short.
struct NodeTimes {
  std::chrono::milliseconds connect{5'000};   ///< connecting, and the TLS handshake, each
  std::chrono::milliseconds write{10'000};    ///< sending a request
  std::chrono::milliseconds call{10'000};     ///< the reply to a call
  std::chrono::milliseconds propose{30'000};  ///< the reply to a proposal: the node checks a whole block
  std::chrono::milliseconds submit{30'000};   ///< the reply to submitblock

  /// For a template on top of a block that the node took; then its chain is looked at.
  std::chrono::milliseconds confirm{2'000};

  /// For the longpoll to bring the work on top of a block that the node took, where it is known to; then it is asked
  /// for.
  std::chrono::milliseconds own_tip{20};

  /// Until a call is tried again, of which the node did not say whether it allows it.
  std::chrono::milliseconds retry_calls{60'000};

  std::chrono::milliseconds poll{5'000};        ///< between templates that are asked for without a longpoll's answer
  std::chrono::milliseconds republish{30'000};  ///< at the latest, for the sake of the time alone
  std::chrono::milliseconds shortest{100};      ///< between two templates asked for after trouble with one
  std::chrono::milliseconds recheck{10'000};    ///< between proposals of templates that keep their shape and tip
  std::chrono::milliseconds settle{500};        ///< that a template of a known shape is in use before it is proposed
  std::chrono::milliseconds keep_warm{1'000};   ///< between looks at the connection for submissions
  std::chrono::milliseconds hold{300};          ///< that a call waits, to see whether others are answered beside it
  std::chrono::milliseconds hold_again{2'000};  ///< the same where none was, once
  LongpollGateTimes longpoll;
  net::BackoffOptions backoff{std::chrono::milliseconds{250}, std::chrono::milliseconds{5'000}};  ///< after a failure
};

struct NodeOptions {
  std::string host;  ///< name or address
  std::uint16_t port = 8332;
  bool tls = false;
  std::string ca_file;                          ///< PEM; empty: the system's authorities
  std::optional<net::ProxyOptions> proxy = {};  ///< every connection goes through it
  std::string path = "/";
  std::string user;
  std::string password;
  std::optional<std::filesystem::path> cookie_file;  ///< instead of user and password

  std::string payout_address;
  std::string coinbase_text;
  std::uint32_t version_mask = 0x1fffe000;  ///< BIP320; 0: no rolling
  NodeTimes times;

  /// Of longpolls that were left open, from run to run; null: none.
  std::shared_ptr<LongpollRecord> longpoll_record;
};

/// Since the source was made; on the io thread.
struct NodeCounters {
  std::uint64_t connections = 0;  ///< sessions that reached the first template
  std::uint64_t losses = 0;       ///< failed attempts and sessions
  std::uint64_t polls = 0;        ///< getblocktemplate calls without a longpollid
  std::uint64_t longpolls = 0;    ///< longpolls answered with a template
  std::uint64_t starvations = 0;  ///< times that the node had no thread for another call beside a longpoll
  std::uint64_t templates = 0;    ///< handed to the listener
  std::uint64_t unchanged = 0;    ///< templates that brought nothing new
  std::uint64_t outdated = 0;     ///< answers that an already newer tip had overtaken
  std::uint64_t backwards = 0;    ///< templates of a lower height or an earlier time than the one before
  std::uint64_t malformed = 0;    ///< replies that were no proper ones
  std::uint64_t withdrawn = 0;    ///< templates found faulty after publishing
  std::uint64_t proposals = 0;
  std::uint64_t proposals_rejected = 0;
  std::uint64_t blocks_submitted = 0;
  std::uint64_t blocks_accepted = 0;
  std::uint64_t blocks_stale = 0;
  std::uint64_t blocks_rejected = 0;
  std::uint64_t blocks_unanswered = 0;

  /// When the last byte of the newest published template had been read from the socket, and when the listener got it:
  /// their distance is the delay this source adds to a new tip.
  std::chrono::steady_clock::time_point last_reply_complete;
  std::chrono::steady_clock::time_point last_published;
};

}  // namespace lode::node
