#include "host/app/mine_arguments.h"

#include <fmt/format.h>

#include "host/app/device_arguments.h"
#include "host/app/option_values.h"
#include "host/app/proxy_url.h"

namespace lode::app {
namespace {

/// A coinbase script has 100 bytes (consensus); height and extranonce need up to 23 of them.
constexpr std::size_t kMaxCoinbaseText = 75;

constexpr const char* kFooter =
    "Without SOURCE an embedded development chain is mined: it needs no network and pays nothing.\n"
    "Exit status: 0 stopped as asked, 1 unusable arguments, 2 no source could be used, 3 no usable device.\n\n"
    "Examples:\n"
    "  lode mine --blocks 3\n"
    "  lode mine http://user:password@127.0.0.1:8332 --payout bc1q...\n"
    "  lode mine http://127.0.0.1:8332 --cookie-file ~/.bitcoin/.cookie --payout bc1q...\n"
    "  lode mine http://127.0.0.1:8332 --payout bc1q... --devices opencl:1.0,cpu\n"
    "  lode mine stratum+tcp://pool.example:3333 --user bc1q....rig1\n"
    "  lode mine --config lode.toml --events events.jsonl\n";

Result<std::string> parse_coinbase_text(const std::string& text) {
  if (text.size() > kMaxCoinbaseText) {
    return fail(Errc::kTooLarge, fmt::format("{} bytes; a coinbase takes at most {}", text.size(), kMaxCoinbaseText));
  }
  return text;
}

}  // namespace

MineArguments::MineArguments(Command command) {
  command.footer(kFooter);
  add_sources(command);
  add_pool(command);
  add_work(command);
  add_device_arguments(command, options_, "A kernel by the name that 'lode devices' prints [the fastest, measured]");
  add_limits(command);
  add_output(command);
}

Result<MineOptions> MineArguments::options() const {
  MineOptions options = options_;
  for (const std::string& text : sources_) {
    auto url = parse_source_url(text);
    if (!url) return url.error();
    options.sources.push_back(*std::move(url));
  }
  if (no_version_rolling_) options.version_mask = 0;
  options.colour = !no_color_;
  return options;
}

void MineArguments::add_sources(Command command) {
  // The URLs are looked at last: the value of an unknown option would be taken for one.
  command.add_values("SOURCE", "", sources_,
                     "http(s)://USER:PASSWORD@HOST:PORT, a node, or stratum+tcp://USER:PASSWORD@HOST:PORT\n"
                     "(stratum+ssl: with TLS), a pool; more than one: the first that works is used, every node\n"
                     "receives every block found for one");
  command.add_argument(
      "--strategy", "NAME",
      [](const std::string& text) -> Result<bool> {
        if (text != "failover" && text != "balance") return fail(Errc::kMalformed, "failover or balance");
        return text == "balance";
      },
      [this](bool balance) { options_.balance = balance; },
      "With several sources: 'failover', the first that works gets all hashes, or 'balance', they share them "
      "[failover]");
  command.add_argument(
      "--quota", "N,N...", [](const std::string& text) { return parse_wholes(text, 1, 1'000'000); },
      [this](std::vector<std::uint64_t> quotas) { options_.quotas = std::move(quotas); },
      "With --strategy balance: each source's part of the hashes, in their order; '3,1': three quarters for the\n"
      "first [equal parts]");
  command.add_argument(
      "--cookie-file", "PATH", parse_path, [this](auto path) { options_.cookie_file = path; },
      "Node credentials from Bitcoin Core's cookie, for URLs without a user");
  command.add_argument(
      "--ca-file", "PATH", parse_path, [this](auto path) { options_.ca_file = path; },
      "Certificates (PEM) to trust for https instead of the system's");
  command.add_argument(
      "--proxy", "URL", parse_proxy_url, [this](net::ProxyOptions proxy) { options_.proxy = std::move(proxy); },
      "socks5://USER:PASSWORD@HOST:PORT: every connection to nodes and pools goes through it, and it looks\n"
      "up their names");
  command.add_argument(
      "--connect-timeout", "S", [](const std::string& text) { return parse_whole(text, 1, 86400); },
      [this](std::uint64_t seconds) { options_.connect_timeout = std::chrono::seconds(seconds); },
      "Give up (exit 2) when no source has given usable work after so long; later it is retried for ever [30]");
}

void MineArguments::add_pool(Command command) {
  command.add_text("--user", "NAME", options_.user, "Worker name, for pools without one in their URL");
  command.add_text("--pass", "TEXT", options_.password, "Password, for pools without a name in their URL [x]");
  command.add_text("--require-payout", "ADDRESS", options_.require_payout,
                   "Refuse a pool's work unless its coinbase pays this address");
  command.add_argument(
      "--min-payout", "PERCENT", [](const std::string& text) { return parse_whole(text, 1, 100); },
      [this](std::uint64_t percent) { options_.min_payout = percent; },
      "Part of the reward that it has to pay there; the rest is the pool's fee [90]");
  command.add_argument(
      "--suggest-difficulty", "D", parse_difficulty,
      [this](double difficulty) { options_.suggest_difficulty = difficulty; }, "Share difficulty to ask pools for");
  command.add_values("--reconnect-to", "HOST", options_.reconnect_hosts,
                     "A host that a pool may send lode to, besides those of its own domain; may be repeated");
  command.add_argument(
      "--tls-fingerprint", "HEX", parse_fingerprint,
      [this](std::string fingerprint) { options_.tls_fingerprint = std::move(fingerprint); },
      "SHA-256 of the certificate that a pool must show, in place of one that an authority signed");
  command.add_argument(
      "--record", "FILE", parse_path, [this](auto path) { options_.recording = path; },
      "Append all that is said between lode and pools as JSON Lines, for 'lode replay'; without passwords");
}

void MineArguments::add_work(Command command) {
  command.add_text("--payout", "ADDRESS", options_.payout,
                   "Address that block rewards are paid to; must fit the node's network");
  command.add_argument(
      "--coinbase-text", "TEXT", parse_coinbase_text,
      [this](std::string text) { options_.coinbase_text = std::move(text); }, "Text to put into the coinbase");
  command.add_flag("--no-version-rolling", no_version_rolling_, "Leave the header's version as it is");
  command.add_argument(
      "--version-mask", "HEX", parse_version_mask, [this](std::uint32_t mask) { options_.version_mask = mask; },
      "Version bits that may be rolled with a node's work, within 1fffffe0 [1fffe000]");
}

void MineArguments::add_limits(Command command) {
  command.add_argument(
      "--shares", "N", [](const std::string& text) { return parse_whole(text, 1, 1'000'000'000); },
      [this](std::uint64_t shares) { options_.shares = shares; }, "Stop after N accepted shares");
  command.add_argument(
      "--blocks", "N", [](const std::string& text) { return parse_whole(text, 1, 1'000'000'000); },
      [this](std::uint64_t blocks) { options_.blocks = blocks; }, "Stop after N accepted blocks");
  command.add_argument(
      "--seconds", "S", parse_seconds, [this](auto seconds) { options_.seconds = seconds; }, "Stop after S seconds");
}

void MineArguments::add_output(Command command) {
  command.add_text("--events", "PATH", options_.events,
                   "Append events as JSON Lines; '-': to standard output, and what people read to standard error");
  add_calibration_arguments(command, options_,
                            "Folder of the block journal, and where the choice of kernels is remembered; 'none': keep\n"
                            "neither [$XDG_STATE_HOME/lode or ~/.local/state/lode]");
  command.add_text("--config", "FILE", config, "TOML file with the same names as the options; the command line wins");
  command.add_argument(
      "--log-level", "LEVEL", parse_log_level, [this](LogLevel level) { options_.log_level = level; },
      "debug, info, warn, error or off [info]");
  command.add_flag("--quiet", options_.quiet, "Print warnings and errors only");
  command.add_flag("--no-color,--no-colour", no_color_, "No colours (also: NO_COLOR in the environment)");
}

}  // namespace lode::app
