#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "host/app/commands.h"
#include "host/app/embedded_chain.h"
#include "host/app/exit_codes.h"
#include "host/app/log_sink.h"
#include "host/app/print.h"
#include "host/app/session.h"
#include "host/app/version.h"

namespace lode::app {
namespace {

namespace asio = boost::asio;

/// A pool that was lost must have been well for so long before it is returned to: those that come and go would cost
/// more than they bring.
constexpr std::chrono::seconds kReturnToPool{30};

/// How a run ended, and what is still to be said when the screen is gone.
struct Ending {
  int code = kExitOk;
  std::string message;
};

Ending usage(const Error& error) {
  return {kExitUsage, error.message()};
}

std::vector<Started::Device> started_devices(const Devices& devices) {
  std::vector<Started::Device> rows;
  for (const auto& device : devices) {
    const device::DeviceInfo& info = device->info();
    const auto row = std::ranges::find(rows, info.id, &Started::Device::id);
    if (row == rows.end()) {
      rows.push_back({.id = info.id,
                      .name = info.name,
                      .kernel = info.kernel,
                      .midstates = info.midstates,
                      .single_kernel = info.single_kernel,
                      .threads = 1,
                      .cpus = {}});
    } else {
      ++row->threads;
    }
    if (info.cpu) std::ranges::find(rows, info.id, &Started::Device::id)->cpus.push_back(*info.cpu);
  }
  return rows;
}

Result<std::vector<OpenedSource>> open_sources(const asio::any_io_executor& executor, const MineOptions& options,
                                               const Log& log) {
  std::vector<OpenedSource> opened;
  if (options.sources.empty()) {
    auto chain = open_embedded_chain(executor, options, log);
    if (!chain) return chain.error();
    opened.push_back(*std::move(chain));
    return opened;
  }
  const auto schemes = source_schemes();
  for (const SourceUrl& url : options.sources) {
    const auto scheme = std::ranges::find(schemes, url.scheme, &SourceScheme::name);
    auto source = scheme->open(executor, url, options, log);
    if (!source) return source.error();
    opened.push_back(*std::move(source));
  }
  return opened;
}

/// Null: none is wanted, or needed because every sink ends with this process.
Result<std::unique_ptr<store::BlockJournal>> open_journal(const MineOptions& options,
                                                          const std::vector<OpenedSource>& sources, std::string& folder,
                                                          const Log& log) {
  const bool needed =
      std::ranges::any_of(sources, [](const OpenedSource& one) { return one.sink && one.sink->outlives_process(); });
  if (!needed || options.state == "none") return std::unique_ptr<store::BlockJournal>();
  const auto path = state_folder(options.state);
  if (!path) return path.error();
  auto journal = store::BlockJournal::open(*path, log.named("journal"));
  if (!journal) {
    return fail(Errc::kStore, journal.error().message() +
                                  "; found blocks are kept there until a node has them: name another folder with "
                                  "--state DIR, or mine without this safety with --state none");
  }
  folder = path->string();
  return journal;
}

LogLevel log_level(const MineOptions& options) {
  return options.quiet ? std::max(options.log_level, LogLevel::kWarn) : options.log_level;
}

Ending ending_of(engine::StopReason reason, const Session& session) {
  switch (reason) {
    case engine::StopReason::kAsked:
      return {};
    case engine::StopReason::kNoSource: {
      const std::string troubles = session.source_troubles();
      return {session.is_refused_by_all() ? kExitRefused : kExitNoSource,
              "no source could be used" + (troubles.empty() ? "" : ": " + troubles)};
    }
    case engine::StopReason::kNoDevice:
      return {kExitNoDevice, "no usable device is left"};
  }
  return {};
}

Ending mine(const MineOptions& options, Terminal& terminal) {
  const Log log = terminal_log(terminal, log_level(options));
  DeviceRequest request =
      device_request(options, [log = log.named("device")](const std::string& text) { log.warn("{}", text); });
  request.note = [log = log.named("device")](const std::string& text) { log.info("{}", text); };
  if (options.version_mask == 0) request.midstates = 1;
  Result<Devices> devices = open_devices(options.devices, request);
  if (!devices) {
    return {devices.error().is(Errc::kOutOfRange) ? kExitUsage : kExitNoDevice, devices.error().message()};
  }

  std::unique_ptr<EventFile> events;
  if (!options.events.empty()) {
    auto opened = EventFile::open(options.events, log);
    if (!opened) return usage(opened.error());
    events = *std::move(opened);
  }

  asio::io_context io(1);
  auto sources = open_sources(io.get_executor(), options, log);
  if (!sources) return usage(sources.error());
  std::string folder;
  auto journal = open_journal(options, *sources, folder, log);
  if (!journal) return usage(journal.error());

  const bool has_pools = std::ranges::any_of(options.sources, [](const SourceUrl& url) { return url.is_pool(); });

  engine::EngineParts parts;
  Started started{
      .version = std::string(version()),
      .sources = {},
      .payout = options.sources.empty() && options.payout.empty() ? embedded_chain_payout() : options.payout,
      .state = folder,
      .devices = started_devices(*devices)};
  for (const OpenedSource& one : *sources) {
    parts.sources.push_back(one.source.get());
    if (one.sink) parts.sinks.push_back(one.sink.get());
    started.sources.push_back(one.source->name());
  }
  parts.devices = *std::move(devices);
  parts.journal = journal->get();
  std::optional<store::PoolBlockLog> pool_blocks;
  if (has_pools && options.state != "none") {
    if (const auto state = state_folder(options.state)) parts.pool_blocks = &pool_blocks.emplace(*state);
  }

  Screen screen(terminal, log.named("mine"), options.quiet);

  std::vector<double> quotas(options.quotas.begin(), options.quotas.end());
  if (options.balance && quotas.empty()) quotas.assign(parts.sources.size(), 1);
  const engine::EngineOptions engine_options{.stop_after_blocks = options.blocks,
                                             .stop_after_shares = options.shares,
                                             .stop_after = options.seconds,
                                             .connect_timeout = options.connect_timeout,
                                             .return_after = has_pools ? kReturnToPool : std::chrono::seconds(0),
                                             .quotas = std::move(quotas)};
  Session session(io.get_executor(), engine_options, std::move(parts), screen, events.get(), log.named("mine"));
  // Signals are heard from here on, so whoever reads that it has started may send one.
  screen.banner(started, options.sources.empty());
  if (events) events->write(to_json(started, std::chrono::system_clock::now()));
  std::exception_ptr failure;
  engine::StopReason reason = engine::StopReason::kAsked;
  asio::co_spawn(io, session.run(), [&](std::exception_ptr thrown, engine::StopReason why) {
    failure = std::move(thrown);
    reason = why;
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return ending_of(reason, session);
}

}  // namespace

int run_mine(const MineOptions& options) {
  Ending ending;
  {
    const int fd = options.events == "-" ? STDERR_FILENO : STDOUT_FILENO;
    Terminal terminal(fd, Terminal::abilities(fd, options.colour));
    ending = mine(options, terminal);
  }
  if (!ending.message.empty()) print_error(ending.message);
  return ending.code;
}

}  // namespace lode::app
