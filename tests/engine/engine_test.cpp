#include "host/engine/engine.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <set>

#include "host/chain/header.h"
#include "host/device/cpu_device.h"
#include "host/device/cuda_device.h"
#include "host/work/block_assembly.h"
#include "kernels/cpu/registry.h"
#include "tests/device/fake_cuda.h"
#include "tests/engine/fakes.h"
#include "tests/support/patience.h"
#include "tests/support/test_work.h"

namespace lode::engine {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Kind = work::BlockOutcome::Kind;

/// A device that claims a hit wherever it is asked.
class LyingDevice final : public device::Device {
 public:
  const device::DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override { return {}; }
  Result<kernels::ScanResult> scan(const kernels::ScanJob&, kernels::NonceRange range,
                                   std::span<kernels::Hit> hits) override {
    hits[0] = {.nonce_word = range.first, .midstate = 0};
    return kernels::ScanResult{.nonces = 1, .hits = 1};
  }
  void abort_before(std::uint64_t) noexcept override {}

 private:
  device::DeviceInfo info_{.id = "liar", .name = "liar", .kernel = "none", .midstates = 1};
};

/// A device that fails its self-test.
class BrokenDevice final : public device::Device {
 public:
  const device::DeviceInfo& info() const noexcept override { return info_; }
  Result<void> self_test() override { return fail(Errc::kDevice, "wrong answer to a known question"); }
  Result<kernels::ScanResult> scan(const kernels::ScanJob&, kernels::NonceRange, std::span<kernels::Hit>) override {
    ADD_FAILURE() << "a device that failed its self-test got work";
    return kernels::ScanResult{};
  }
  void abort_before(std::uint64_t) noexcept override {}

 private:
  device::DeviceInfo info_{.id = "broken", .name = "broken", .kernel = "none", .midstates = 1};
};

class EngineTest : public ::testing::Test {
 public:
  EngineTest() {
    source.on_run = [this] {
      source.listener->on_connected(source);
      source.listener->on_work(source, test::make_template(next_parent++));
    };
    // As a node does: an accepted block brings a template on top of it.
    sink.on_submit = [this](const work::FoundBlock& block) {
      EXPECT_TRUE(work::check_found_block(block));
      const auto offer = [this] { source.listener->on_work(source, test::make_template(next_parent++)); };
      if (advance == Advance::kSoon) asio::post(context, offer);
      if (advance == Advance::kAtOnce) offer();
    };
  }

  StopReason run(EngineOptions options) {
    EngineParts parts;
    parts.sources = {&source};
    parts.sinks = {&sink};
    parts.devices = std::move(devices);
    parts.listener = &events;
    engine.emplace(context.get_executor(), options, std::move(parts), Log());
    StopReason reason{};
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          reason = co_await engine->run();
          if (after_run) after_run();
        },
        [](std::exception_ptr failure) { ASSERT_FALSE(failure); });
    context.run();
    return reason;
  }

  void add_cpu_threads(int count) {
    for (int i = 0; i < count; ++i)
      devices.push_back(std::make_unique<device::CpuDevice>(kernels::best_kernel()));
  }

  asio::io_context context;
  FakeSource source{"source", context.get_executor()};
  FakeSink sink{"sink", false};
  RecordedEvents events;
  std::vector<std::unique_ptr<device::Device>> devices;
  std::optional<Engine> engine;
  std::function<void()> after_run;
  std::uint8_t next_parent = 1;
  /// When the source offers work on a block that it was given: like a node, like the embedded chain, never.
  enum class Advance { kSoon, kAtOnce, kNever } advance = Advance::kSoon;
};

TEST_F(EngineTest, MinesExactlyAsManyBlocksAsAskedFor) {
  add_cpu_threads(3);
  EXPECT_EQ(run({.stop_after_blocks = 100}), StopReason::kAsked);
  EXPECT_EQ(sink.received.size(), 100U);
  EXPECT_EQ(events.of<BlockAccepted>().size(), 100U);
  EXPECT_EQ(events.of<BlockRejected>().size(), 0U);
  std::set<chain::Hash256> parents;
  for (const auto& block : sink.received) {
    EXPECT_TRUE(parents.insert(block.previous_block).second) << "a second block on a parent that was solved";
  }
  const auto stopped = events.of<Stopped>();
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Stopped>(events.events.back()));
  EXPECT_EQ(stopped[0].totals.blocks_accepted, 100U);
  EXPECT_EQ(stopped[0].totals.blocks_found, 100U);
  EXPECT_EQ(stopped[0].totals.hardware_errors, 0U);
  EXPECT_GE(stopped[0].totals.hashes, 100U);
  EXPECT_EQ(stopped[0].blocks_pending, 0U);
}

TEST_F(EngineTest, NoParentIsSolvedTwiceHoweverFastTheTipMoves) {
  advance = Advance::kAtOnce;
  add_cpu_threads(4);
  EXPECT_EQ(run({.stop_after_blocks = 250}), StopReason::kAsked);
  std::set<chain::Hash256> parents;
  for (const auto& block : sink.received)
    EXPECT_TRUE(parents.insert(block.previous_block).second);
}

TEST_F(EngineTest, FoundComesBeforeAccepted) {
  add_cpu_threads(1);
  run({.stop_after_blocks = 1});
  std::vector<std::size_t> order;
  for (const Event& event : events.events) {
    if (std::holds_alternative<BlockFound>(event) || std::holds_alternative<BlockAccepted>(event)) {
      order.push_back(event.index());
    }
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{Event(BlockFound{}).index(), Event(BlockAccepted{}).index()}));
}

TEST_F(EngineTest, ARejectedBlockIsCountedAndMiningGoesOn) {
  add_cpu_threads(1);
  advance = Advance::kNever;
  sink.outcomes = {{.kind = Kind::kRejected, .reason = "high-hash", .detail = ""},
                   {.kind = Kind::kAccepted, .reason = "", .detail = ""}};
  EXPECT_EQ(run({.stop_after_blocks = 1}), StopReason::kAsked);
  const auto rejected = events.of<BlockRejected>();
  ASSERT_EQ(rejected.size(), 1U);
  EXPECT_EQ(rejected[0].reason, "high-hash");
  EXPECT_FALSE(rejected[0].stale);
  const auto totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.blocks_rejected, 1U);
  EXPECT_EQ(totals.blocks_accepted, 1U);
}

TEST_F(EngineTest, ALateBlockClosesItsParent) {
  add_cpu_threads(1);
  advance = Advance::kNever;
  sink.outcomes = {{.kind = Kind::kStale, .reason = "inconclusive", .detail = ""},
                   {.kind = Kind::kAccepted, .reason = "", .detail = ""}};
  // The node's next template is some time away; every hash on the old one would be a late block.
  asio::steady_timer next(context);
  events.on_any = [&](const Event& event) {
    if (!std::holds_alternative<BlockRejected>(event)) return;
    next.expires_after(200ms);
    next.async_wait([&](const auto&) { source.listener->on_work(source, test::make_template(next_parent++)); });
  };
  EXPECT_EQ(run({.stop_after_blocks = 1}), StopReason::kAsked);
  const auto rejected = events.of<BlockRejected>();
  ASSERT_EQ(rejected.size(), 1U);
  ASSERT_EQ(sink.received.size(), 2U);
  EXPECT_NE(sink.received[0].previous_block, sink.received[1].previous_block) << "one late block is enough";
  EXPECT_TRUE(rejected[0].stale);
  const auto totals = events.of<Stopped>().at(0).totals;
  EXPECT_EQ(totals.blocks_found, 2U);
  EXPECT_EQ(totals.blocks_stale, 1U);
  EXPECT_EQ(totals.blocks_accepted, 1U);
}

TEST_F(EngineTest, StopsWhenAskedAndSaysWhatIsPending) {
  advance = Advance::kNever;  // a node that takes no block offers no work on it
  add_cpu_threads(1);
  sink.outcomes = {{.kind = Kind::kUnavailable, .reason = "", .detail = "down"}};
  events.on_any = [this](const Event& event) {
    if (std::holds_alternative<BlockFound>(event)) engine->stop();
  };
  EXPECT_EQ(run({.submit_grace = 0s}), StopReason::kAsked);
  EXPECT_EQ(events.of<Stopped>().at(0).blocks_pending, 1U);
}

TEST_F(EngineTest, StopsAfterATime) {
  source.on_run = nullptr;
  add_cpu_threads(1);
  EXPECT_EQ(run({.stop_after = 0.05s}), StopReason::kAsked);
  EXPECT_EQ(events.of<Stopped>().size(), 1U);
}

TEST_F(EngineTest, GivesUpWhenNoSourceEverWorks) {
  source.on_run = nullptr;
  add_cpu_threads(1);
  EXPECT_EQ(run({.connect_timeout = 0s}), StopReason::kNoSource);
}

TEST_F(EngineTest, GivesUpWhenEverySourceIsUnusable) {
  source.on_run = [this] { source.finish({Errc::kUnauthorized, "wrong password"}); };
  add_cpu_threads(1);
  EXPECT_EQ(run({}), StopReason::kNoSource);
  EXPECT_EQ(events.of<SourceLost>().at(0).reason, "wrong password");
}

TEST_F(EngineTest, WrongResultsAreNeverSubmittedAndStopTheDevice) {
  source.on_run = [this] {
    source.listener->on_connected(source);
    source.listener->on_work(source, test::make_template(1, 0x1d00ffff));
  };
  devices.push_back(std::make_unique<LyingDevice>());
  EXPECT_EQ(run({}), StopReason::kNoDevice);
  EXPECT_TRUE(sink.received.empty());
  EXPECT_EQ(events.of<HardwareError>().size(), 5U);
  EXPECT_EQ(events.of<DeviceFault>().at(0).device, "liar");
}

TEST_F(EngineTest, ALyingDeviceDoesNotStopTheOthers) {
  devices.push_back(std::make_unique<LyingDevice>());
  add_cpu_threads(1);
  source.on_run = [this] {
    source.listener->on_connected(source);
    source.listener->on_work(source, test::make_template(1, 0x1f00ffff));
  };
  EXPECT_EQ(run({.stop_after_blocks = 1}), StopReason::kAsked);
  EXPECT_EQ(sink.received.size(), 1U);
}

std::unique_ptr<device::Device> played_gpu(const std::shared_ptr<device::FakeCuda>& driver,
                                           device::GpuDeviceOptions options = {}) {
  options.midstates = 4;
  return device::open_cuda_device(driver, driver->gpu(), device::FakeCuda::kernels(), std::move(options)).value();
}

TEST_F(EngineTest, AGpuMines) {
  const auto driver = std::make_shared<device::FakeCuda>();
  devices.push_back(played_gpu(driver));
  EXPECT_EQ(run({.stop_after_blocks = 20}), StopReason::kAsked);
  EXPECT_EQ(sink.received.size(), 20U);
  EXPECT_TRUE(events.of<HardwareError>().empty());
}

TEST_F(EngineTest, AGpuThatFailsIsRestartedWhileTheOthersGoOn) {
  const auto driver = std::make_shared<device::FakeCuda>();
  devices.push_back(played_gpu(driver, {.launch_limit = test::kPatience, .stop_limit = test::kPatience}));
  add_cpu_threads(1);
  std::size_t accepted_at_fault = 0;
  std::size_t accepted_when_back = 0;
  events.on_any = [&](const Event& event) {
    const std::size_t accepted = events.of<BlockAccepted>().size();
    if (std::holds_alternative<BlockAccepted>(event)) {
      // It cannot come back before the CPU has found a block: what it runs does not end before.
      if (!events.of<DeviceFault>().empty()) driver->finish();
      if (accepted == 3) {
        driver->hang();
        driver->fail("query", device::CudaStatus::kLaunchFailed);
      }
    }
    if (std::holds_alternative<DeviceFault>(event)) accepted_at_fault = accepted;
    if (std::holds_alternative<DeviceBack>(event)) {
      accepted_when_back = accepted;
      engine->stop();
    }
  };
  EXPECT_EQ(run({.stop_after = 10min}), StopReason::kAsked);
  ASSERT_EQ(events.of<DeviceFault>().size(), 1U);
  EXPECT_EQ(events.of<DeviceFault>()[0].device, "cuda:0");
  EXPECT_EQ(events.of<DeviceFault>()[0].restart_in, 1.0);
  ASSERT_EQ(events.of<DeviceBack>().size(), 1U);
  EXPECT_GT(accepted_when_back, accepted_at_fault) << "the CPU goes on meanwhile";
}

TEST_F(EngineTest, AGpuThatLiesIsRestarted) {
  const auto driver = std::make_shared<device::FakeCuda>();
  devices.push_back(played_gpu(driver));
  source.on_run = [this, driver] {
    driver->corrupt(true);  // it has passed its self-test by now
    source.listener->on_connected(source);
    source.listener->on_work(source, test::make_template(1, 0x1f00ffff));
  };
  advance = Advance::kNever;
  events.on_any = [&](const Event& event) {
    if (std::holds_alternative<DeviceFault>(event)) driver->corrupt(false);
    if (std::holds_alternative<DeviceBack>(event)) engine->stop();
  };
  EXPECT_EQ(run({.stop_after = 10min}), StopReason::kAsked);
  EXPECT_EQ(events.of<HardwareError>().size(), 5U);
  ASSERT_EQ(events.of<DeviceFault>().size(), 1U);
  EXPECT_EQ(events.of<DeviceFault>()[0].reason, "wrong results, one after another");
  EXPECT_TRUE(events.of<DeviceFault>()[0].restart_in);
  EXPECT_EQ(events.of<DeviceBack>().size(), 1U);
  // What it found once it was right again may have been submitted; the sink looks at every block it gets.
}

TEST_F(EngineTest, AGpuThatIsWrongAtTheStartIsRestartedToo) {
  const auto driver = std::make_shared<device::FakeCuda>();
  devices.push_back(played_gpu(driver));
  driver->corrupt(true);
  source.on_run = [this] {
    source.listener->on_connected(source);
    source.listener->on_work(source, test::make_template(1, 0x1f00ffff));
  };
  advance = Advance::kNever;
  events.on_any = [&](const Event& event) {
    if (std::holds_alternative<DeviceFault>(event)) driver->corrupt(false);
    if (std::holds_alternative<DeviceBack>(event)) engine->stop();
  };
  EXPECT_EQ(run({.stop_after = 10min}), StopReason::kAsked);
  ASSERT_EQ(events.of<DeviceFault>().size(), 1U);
  EXPECT_NE(events.of<DeviceFault>()[0].reason.find("failed its self-test"), std::string::npos);
  EXPECT_EQ(events.of<DeviceFault>()[0].restart_in, 1.0);
  EXPECT_EQ(events.of<DeviceBack>().size(), 1U);
  EXPECT_TRUE(events.of<HardwareError>().empty()) << "it gets no work before it is right";
}

TEST_F(EngineTest, AGpuThatIsGoneIsTriedAgainAndAStopDoesNotWaitForThat) {
  const auto driver = std::make_shared<device::FakeCuda>();
  devices.push_back(played_gpu(driver));
  events.on_any = [&](const Event& event) {
    if (std::holds_alternative<JobStarted>(event)) driver->lose();
    if (std::holds_alternative<DeviceFault>(event) && events.of<DeviceFault>().size() == 2) engine->stop();
  };
  EXPECT_EQ(run({.stop_after = 10min}), StopReason::kAsked);
  const auto faults = events.of<DeviceFault>();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[1].restart_in, 15.0);
  EXPECT_TRUE(events.of<DeviceBack>().empty());
}

TEST_F(EngineTest, ADeviceThatFailsItsSelfTestGetsNoWork) {
  devices.push_back(std::make_unique<BrokenDevice>());
  EXPECT_EQ(run({}), StopReason::kNoDevice);
  EXPECT_EQ(events.of<DeviceFault>().at(0).device, "broken");
}

TEST_F(EngineTest, TheSnapshotShowsWhatGoesOn) {
  add_cpu_threads(1);
  Snapshot seen;
  events.on_any = [&](const Event& event) {
    if (std::holds_alternative<JobStarted>(event)) seen = engine->snapshot();
  };
  run({.stop_after_blocks = 3});
  EXPECT_EQ(seen.source, "test");
  EXPECT_EQ(seen.height, 200U);
  const Snapshot last = engine->snapshot();
  EXPECT_EQ(last.totals.blocks_accepted, 3U);
  EXPECT_GT(last.best_difficulty, 0);
}

}  // namespace
}  // namespace lode::engine
