#include "host/app/screen.h"

#include <fmt/format.h>

#include <variant>

#include "host/app/number_format.h"
#include "host/app/text.h"
#include "host/device/cpu_list.h"

namespace lode::app {
namespace {

/// Between two status lines where they cannot be updated in place.
constexpr double kPlainInterval = 60;

std::string row(Terminal& terminal, std::string_view name, std::string_view value) {
  return fmt::format("  {} {}", terminal.paint(Colour::kBold, fmt::format("{:<9}", name)), value);
}

std::string blocks_text(const engine::Totals& totals) {
  return fmt::format("{} accepted, {} rejected, {} stale", totals.blocks_accepted, totals.blocks_rejected,
                     totals.blocks_stale);
}

bool has_shares(const engine::Totals& totals) {
  return totals.shares_submitted + totals.shares_stale > 0;
}

std::string shares_text(const engine::Totals& totals) {
  return fmt::format("{} accepted, {} rejected, {} stale", totals.shares_accepted, totals.shares_rejected,
                     totals.shares_stale);
}

/// "pool.example:3333: 12 accepted, 0 rejected, 1 stale, 25.0 % of the hashes"
std::string source_text(const engine::SourceCounters& source, const engine::Totals& totals) {
  std::string text = printable(source.source) + ": ";
  if (source.shares_submitted + source.shares_stale > 0) {
    text += fmt::format("{} accepted, {} rejected, {} stale, ", source.shares_accepted, source.shares_rejected(),
                        source.shares_stale);
  }
  if (source.blocks_found > 0) text += fmt::format("{} blocks found, ", source.blocks_found);
  const auto all = static_cast<double>(totals.hashes);
  return text + fmt::format("{:.1f} % of the hashes", all > 0 ? 100 * static_cast<double>(source.hashes) / all : 0);
}

std::string device_text(const Started::Device& device) {
  std::string text = fmt::format("{}: {}, kernel {}", device.id, printable(device.name), device.kernel);
  if (device.midstates > 1) text += fmt::format(" ({} versions at a time)", device.midstates);
  text += fmt::format(", {} thread{}", device.threads, device.threads == 1 ? "" : "s");
  if (!device.cpus.empty()) text += fmt::format(" on CPU {}", device::format_cpu_list(device.cpus));
  return text;
}

}  // namespace

std::string status_text(const engine::Snapshot& snapshot) {
  if (snapshot.source.empty() && snapshot.rate_10s <= 0) {
    return fmt::format("no work | blocks: {}", blocks_text(snapshot.totals));
  }
  std::string text = fmt::format("{} (60s {}, 15min {})", format_rate(snapshot.rate_10s),
                                 format_rate(snapshot.rate_60s), format_rate(snapshot.rate_15min));
  if (has_shares(snapshot.totals)) text += fmt::format(" | shares: {}", shares_text(snapshot.totals));
  if (snapshot.is_for_shares) {
    const engine::Totals& totals = snapshot.totals;
    if (totals.blocks_found > 0)
      text += fmt::format(" | blocks: {} found, {} in the chain", totals.blocks_found, totals.blocks_accepted);
  } else {
    text += fmt::format(" | blocks: {}", blocks_text(snapshot.totals));
  }
  if (snapshot.blocks_pending > 0) text += fmt::format(", {} pending", snapshot.blocks_pending);
  text += fmt::format(" | height {} | best {}", snapshot.height, format_quantity(snapshot.best_difficulty));
  if (snapshot.is_for_shares)
    text += fmt::format(" | a share every {}", format_duration(snapshot.expected_seconds_to_share));
  text += fmt::format(" | a block every {}", format_duration(snapshot.expected_seconds_to_block));
  if (snapshot.totals.hardware_errors > 0) {
    text += fmt::format(" | {} hardware errors", snapshot.totals.hardware_errors);
  }
  if (!snapshot.source.empty()) text += fmt::format(" | {}", printable(snapshot.source));
  return text;
}

Screen::Screen(Terminal& terminal, Log log, bool quiet) : terminal_(terminal), log_(std::move(log)), quiet_(quiet) {}

void Screen::banner(const Started& started, bool embedded_chain) {
  if (quiet_) return;
  terminal_.line(terminal_.paint(Colour::kBold, "lode " + started.version));
  if (embedded_chain) {
    terminal_.line(
        row(terminal_, "source",
            terminal_.paint(Colour::kYellow, "embedded development chain: for trying out, it pays nothing")));
  }
  for (const std::string& source : started.sources) {
    if (!embedded_chain) terminal_.line(row(terminal_, "source", printable(source)));
  }
  if (!started.payout.empty()) terminal_.line(row(terminal_, "payout", printable(started.payout)));
  for (const Started::Device& device : started.devices) {
    terminal_.line(row(terminal_, "device", device_text(device)));
  }
  terminal_.line(row(terminal_, "state", started.state.empty() ? "none: no block journal" : printable(started.state)));
  terminal_.line(row(terminal_, "stop", "Ctrl-C: finish what is on its way and stop; twice: at once"));
}

void Screen::show(const engine::Event& event) {
  // Sources and devices are spoken of by the engine's own log lines.
  if (const auto* found = std::get_if<engine::BlockFound>(&event)) tell(*found);
  if (const auto* accepted = std::get_if<engine::BlockAccepted>(&event)) tell(*accepted);
  if (const auto* rejected = std::get_if<engine::BlockRejected>(&event)) tell(*rejected);
  if (const auto* job = std::get_if<engine::JobStarted>(&event)) tell(*job);
  if (const auto* share = std::get_if<engine::ShareAccepted>(&event)) tell(*share);
  if (const auto* share = std::get_if<engine::ShareRejected>(&event)) tell(*share);
  if (const auto* share = std::get_if<engine::ShareStale>(&event)) tell(*share);
}

void Screen::tell(const engine::JobStarted& event) {
  log_.debug("job: height {}, {} transactions, difficulty {}, from {}{}", event.height, event.transactions,
             format_quantity(event.network_difficulty), event.source, event.clean ? ", new tip" : "");
}

void Screen::tell(const engine::ShareAccepted& event) {
  log_.debug("share accepted by {} in {:.1f} ms", event.source, event.milliseconds);
}

void Screen::tell(const engine::ShareRejected& event) {
  log_.warn("share rejected by {}: {}{}", event.source, event.reason,
            event.code == 0 ? "" : fmt::format(" (code {})", event.code));
}

void Screen::tell(const engine::ShareStale& event) {
  log_.debug("share for {} too late: {}", event.source, event.reason);
}

void Screen::tell(const engine::BlockFound& event) {
  log_.info("block {} found by {}{}: {}", event.height, event.device,
            event.pool.empty() ? "" : ", the pool " + event.pool + " has to send it", event.hash.to_display());
}

void Screen::tell(const engine::BlockAccepted& event) {
  // Its hash stands in the line before, unless an earlier run found it.
  const std::string from_before =
      event.resent ? fmt::format(", found by an earlier run: {}", event.hash.to_display()) : "";
  log_.info("block {} accepted by {} in {:.1f} ms{}", event.height, event.sink, event.milliseconds, from_before);
}

void Screen::tell(const engine::BlockRejected& event) {
  const std::string detail = event.detail.empty() ? "" : " (" + event.detail + ")";
  log_.warn("block {} {} by {}: {}{}: {}", event.height, event.stale ? "called late" : "rejected", event.sink,
            event.reason, detail, event.hash.to_display());
}

void Screen::refresh(const engine::Snapshot& snapshot) {
  if (quiet_) return;
  if (terminal_.has_status_line()) {
    terminal_.status(status_text(snapshot));
  } else if (snapshot.seconds >= next_plain_line_) {
    next_plain_line_ = snapshot.seconds + kPlainInterval;
    log_.info("{}", status_text(snapshot));
  }
}

void Screen::summary(const engine::Snapshot& snapshot) {
  terminal_.clear_status();
  if (quiet_) return;
  const engine::Totals& totals = snapshot.totals;
  const double rate = snapshot.seconds > 0 ? static_cast<double>(totals.hashes) / snapshot.seconds : 0;
  terminal_.line(terminal_.paint(Colour::kBold, "stopped") +
                 fmt::format(" after {}", format_duration(snapshot.seconds)));
  terminal_.line(
      row(terminal_, "hashes", fmt::format("{} ({} on average)", format_count(totals.hashes), format_rate(rate))));
  if (has_shares(totals)) terminal_.line(row(terminal_, "shares", shares_text(totals)));
  const std::uint64_t known = totals.blocks_accepted + totals.blocks_rejected + totals.blocks_stale;
  if (has_shares(totals) && known < totals.blocks_found) {
    terminal_.line(row(terminal_, "blocks",
                       fmt::format("{} found, {} (of the others the pool's work told nothing)", totals.blocks_found,
                                   blocks_text(totals))));
  } else {
    terminal_.line(row(terminal_, "blocks", blocks_text(totals)));
  }
  if (snapshot.sources.size() > 1) {
    for (const engine::SourceCounters& source : snapshot.sources)
      terminal_.line(row(terminal_, "source", source_text(source, totals)));
  }
  if (snapshot.blocks_pending > 0) {
    terminal_.line(row(terminal_, "pending",
                       fmt::format("{}: kept in the journal, sent again at the next start", snapshot.blocks_pending)));
  }
  if (totals.hardware_errors > 0) {
    terminal_.line(row(terminal_, "errors",
                       terminal_.paint(Colour::kRed, fmt::format("{} hardware errors", totals.hardware_errors))));
  }
}

}  // namespace lode::app
