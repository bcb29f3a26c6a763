// Small templates for tests of what handles work without caring where it is from.
#pragma once

#include <cstdint>
#include <memory>

#include "host/work/found_block.h"
#include "host/work/job.h"
#include "host/work/work_template.h"

namespace lode::test {

/// A whole template without transactions, on `parent` (a number that stands for a previous block hash), with `bits`.
/// The coinbase is a real one, so that found blocks pass every rule that needs no context.
std::shared_ptr<work::WorkTemplate> make_template(std::uint8_t parent, std::uint32_t bits = 0x207fffff);

/// A job of that template under generation `generation`.
std::shared_ptr<const work::Job> make_job(work::Generation generation, std::shared_ptr<const work::WorkTemplate> work,
                                          std::size_t source = 0);

/// A mined block of make_template(parent).
work::FoundBlock make_block(std::uint8_t parent);
/// The same on top of another block.
work::FoundBlock make_block_on(const chain::Hash256& parent);

}  // namespace lode::test
