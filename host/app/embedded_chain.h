// The source of work that is there without any URL.
#pragma once

#include <string>

#include "host/app/source_scheme.h"

namespace lode::app {

/// The regtest address that the embedded chain pays when none is given. Nobody is meant to have its key.
std::string embedded_chain_payout();

/// Errors: as chain::payout_script_for and node::DevChain::create.
Result<OpenedSource> open_embedded_chain(const boost::asio::any_io_executor& executor, const MineOptions& options,
                                         const Log& log);

}  // namespace lode::app
