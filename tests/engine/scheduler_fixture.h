// A scheduler over two sources that do as the test says.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "host/engine/scheduler.h"
#include "tests/engine/fakes.h"
#include "tests/support/test_work.h"

namespace lode::engine {

class SchedulerTest : public ::testing::Test {
 public:
  chain::Hash256 parent(std::uint8_t number) {
    chain::Hash256 hash;
    hash.bytes[0] = number;
    return hash;
  }

  /// Name of the parent that is worked on, -1 when idle.
  [[nodiscard]] int working_on() const { return assigned ? assigned->work->previous_block.bytes[0] : -1; }

  /// A job as the devices would hold it.
  static std::shared_ptr<const work::Job> work_on(std::uint8_t number) {
    return test::make_job(1, test::make_template(number));
  }

  boost::asio::io_context context;
  FakeSource first{"first", context.get_executor()};
  FakeSource second{"second", context.get_executor()};
  RecordedEvents events;
  std::shared_ptr<const work::Job> assigned;
  int assignments = 0;
  std::vector<work::ShareOutcome> outcomes;
  Scheduler scheduler{{&first, &second},
                      [this](const std::shared_ptr<const work::Job>& job) {
                        assigned = job;
                        ++assignments;
                      },
                      [this](work::WorkSource&, const work::ShareOutcome& outcome) { outcomes.push_back(outcome); },
                      events,
                      Log()};
};

}  // namespace lode::engine
