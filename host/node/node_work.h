// Makes work out of a checked template, and what is needed to check that work afterwards.
//
// Owned by the source, on the io thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/network.h"
#include "host/node/node_options.h"
#include "host/node/template_checks.h"
#include "host/node/template_parser.h"
#include "host/work/work_template.h"

namespace lode::node {

struct NodeWork {
  std::shared_ptr<const work::WorkTemplate> work;
  std::shared_ptr<const CheckInput> check;
  /// Equal for templates of which a node accepts all or none: network, rules, layout of the coinbase, version.
  std::string shape;
  bool can_propose = false;
  bool new_tip = false;
  std::optional<std::string> work_id;
  std::uint64_t sequence = 0;  ///< in the order in which the templates arrived, from 1
};

class WorkMaker {
 public:
  /// `network` empty: not known.
  WorkMaker(std::string source, const NodeOptions& options);

  /// Whom the blocks pay, before the first make().
  void set_payout(Bytes script, std::optional<chain::Network> network);

  /// Errors: those of build_template: a coinbase text that is too long names the room there is.
  Result<NodeWork> make(BlockTemplate&& reply, bool clean);

 private:
  [[nodiscard]] std::uint32_t time_roll_limit(const BlockTemplate& reply) const noexcept;
  Bytes next_extranonce1();

  std::string source_;
  std::string coinbase_text_;
  std::uint32_t version_mask_;
  Bytes payout_script_;
  std::optional<chain::Network> network_;
  std::uint32_t session_;  ///< random, so that two processes at one node do not do the same work
  std::uint32_t counter_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace lode::node
