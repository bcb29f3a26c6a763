#include "host/app/command_line.h"

#include <fmt/format.h>

#include <utility>

#include "host/app/bench_arguments.h"
#include "host/app/command_parser.h"
#include "host/app/config_file.h"
#include "host/app/device_arguments.h"
#include "host/app/exit_codes.h"
#include "host/app/mine_arguments.h"
#include "host/app/option_values.h"
#include "host/app/proxy_url.h"
#include "host/app/text.h"
#include "host/chain/address.h"

namespace lode::app {
namespace {

Exit usage_error(const std::string& message, const std::string& command) {
  return {kExitUsage, "", fmt::format("{} (see 'lode {}--help')", message, command.empty() ? "" : command + " ")};
}

struct Commands {
  // What the options store into stands before the parser, and so outlives it.
  DevicesOptions devices_options;
  std::string probe_url;
  ProbeOptions probe_options;
  ReplayOptions replay_options;
  VerifyOptions verify_options;
  bool version_flag = false;

  CommandParser parser{"lode: Bitcoin (SHA-256d) mining and hashing engine", "lode"};
  Command mine_command = parser.add_command("mine", "Mine: search for blocks and submit them");
  MineArguments mine{mine_command};
  BenchArguments bench{parser.add_command("bench", "Measure the hash rate, checking every result")};

  Commands();

 private:
  void add_devices();
  void add_probe();
  void add_replay();
  void add_verify();
};

Commands::Commands() {
  Command program = parser.program();
  program.footer(
      "Examples:\n"
      "  lode mine                         try it out on the embedded chain\n"
      "  lode bench --kernel all           compare the kernels of this CPU\n"
      "  lode mine --help                  all options of a command\n");
  program.add_flag("--version", version_flag, "Print the version");
  add_devices();
  add_probe();
  add_replay();
  add_verify();
  parser.add_command("version", "Print version, commit, compiler and features").footer("Example:\n  lode version\n");
}

void Commands::add_devices() {
  Command devices = parser.add_command("devices", "List devices and kernels");
  add_calibration_arguments(devices, devices_options,
                            "Folder where the choice of kernels is remembered; 'none': nowhere\n"
                            "[$XDG_STATE_HOME/lode or ~/.local/state/lode]");
  devices.add_flag("--json", devices_options.json, "Print JSON");
  devices.footer(
      "The kernels are measured the first time (a quarter of a second), and the fastest are remembered.\n\n"
      "Examples:\n"
      "  lode devices\n"
      "  lode devices --recalibrate\n");
}

void Commands::add_probe() {
  Command probe = parser.add_command("probe", "Show what a pool or node supports, and how it deviates");
  probe.add_value("URL", "", probe_url,
                  "stratum+tcp://USER:PASSWORD@HOST:PORT (stratum+ssl: with TLS), a pool, or\n"
                  "http(s)://USER:PASSWORD@HOST:PORT, a node");
  probe.add_text("--user", "NAME", probe_options.source.user,
                 "User or worker name, where the URL has none [pools: probe]");
  probe.add_text("--pass", "TEXT", probe_options.source.password, "Password, where the URL has no name [pools: x]");
  probe.add_argument(
      "--cookie-file", "PATH", parse_path, [this](auto path) { probe_options.source.cookie_file = path; },
      "Node credentials from Bitcoin Core's cookie, for URLs without a user");
  probe.add_argument(
      "--payout", "ADDRESS",
      [](const std::string& text) -> Result<std::string> {
        const auto address = chain::parse_address(text);
        if (!address) return fail(Errc::kMalformed, printable(address.error().message()));
        return text;
      },
      [this](std::string address) { probe_options.source.payout = std::move(address); },
      "Address that the block proposed to a node pays [a script of nobody's]");
  probe.add_argument(
      "--seconds", "S", parse_seconds, [this](auto seconds) { probe_options.seconds = seconds; },
      "Give up after so long [30]");
  probe.add_argument(
      "--proxy", "URL", parse_proxy_url,
      [this](net::ProxyOptions proxy) { probe_options.source.proxy = std::move(proxy); },
      "socks5://USER:PASSWORD@HOST:PORT to connect through");
  probe.add_argument(
      "--ca-file", "PATH", parse_path, [this](auto path) { probe_options.source.ca_file = path; },
      "Certificates (PEM) to trust for TLS instead of the system's");
  probe.add_argument(
      "--tls-fingerprint", "HEX", parse_fingerprint,
      [this](std::string fingerprint) { probe_options.source.tls_fingerprint = std::move(fingerprint); },
      "SHA-256 of the certificate that the pool must show");
  probe.add_flag("--json", probe_options.json, "Print JSON");
  probe.footer(
      "A pool: connects, subscribes, authorizes, waits for work and leaves; sends no share.\n"
      "A node: its chain and peers, which of the calls that lode needs it allows, how long it takes for a template,\n"
      "and whether it would accept a block made from that; changes nothing.\n"
      "Exit status: 0 there was work, 1 unusable arguments, 2 there was none.\n\n"
      "Examples:\n"
      "  lode probe stratum+tcp://pool.example:3333 --user bc1q....rig1\n"
      "  lode probe stratum+tcp://127.0.0.1:3333 --json\n"
      "  lode probe http://127.0.0.1:8332 --cookie-file ~/.bitcoin/.cookie\n"
      "  lode probe http://user:password@127.0.0.1:8332 --payout bc1q... --json\n");
}

void Commands::add_replay() {
  Command replay = parser.add_command("replay", "Run the pool client against a recording");
  replay.add_value("FILE", "", replay_options.file, "What 'lode mine --record FILE' has written");
  replay.footer(
      "The client gets what the pool said then, at the same times of a virtual clock; what it does is compared with\n"
      "what it did. Exit status: 0 the same, 5 not the same, 1 unreadable.\n\n"
      "Example:\n"
      "  lode replay session.jsonl\n");
}

void Commands::add_verify() {
  Command verify = parser.add_command("verify", "Check a block header or a block against the rules");
  verify.add_value("HEADERHEX", "", verify_options.header, "A block header: 160 hex digits");
  verify.add_value("--block", "FILE|HEX", verify_options.block, "A whole block: a file (raw or hex) or hex digits");
  verify.footer(
      "Prints hash, target and every rule checked. Exit status: 0 valid, 5 not valid, 1 unreadable.\n\n"
      "Examples:\n"
      "  lode verify 0100000000000000...1dac2b7c\n"
      "  lode verify --block block.bin\n");
}

Invocation probe_invocation(Commands& commands) {
  if (commands.probe_url.empty()) return usage_error("give the URL of a pool or a node", "probe");
  auto url = parse_source_url(commands.probe_url);
  if (!url) return usage_error("URL: " + url.error().message(), "probe");
  ProbeOptions options = commands.probe_options;
  MineOptions& source = options.source;
  if (url->is_pool()) {
    if (source.user.empty()) source.user = "probe";
  } else if (!url->has_credentials && !source.user.empty()) {
    url->user = source.user;
    url->password = source.password;
    url->has_credentials = true;
  }
  source.sources = {*url};
  options.url = *std::move(url);
  return options;
}

Invocation mine_invocation(Commands& commands) {
  const std::string& file = commands.mine.config;
  const bool source_from_file = !file.empty() && !commands.mine_command.given("SOURCE");
  if (!file.empty()) {
    const auto entries = read_config(file);
    if (!entries) return usage_error(entries.error().message(), "mine");
    if (const auto applied = commands.mine_command.apply(*entries, printable(file)); !applied) {
      return usage_error(applied.error().message(), "mine");
    }
  }
  const auto options = commands.mine.options();
  if (!options) {
    return usage_error((source_from_file ? printable(file) + ": source: " : "SOURCE: ") + options.error().message(),
                       "mine");
  }
  if (const auto checked = check_mine_options(*options); !checked) {
    return usage_error(checked.error().message(), "mine");
  }
  return *options;
}

Invocation invocation(Commands& commands, const std::string& name) {
  if (name.empty()) {
    if (commands.version_flag) return VersionOptions{};
    return Exit{kExitUsage, commands.parser.help(), ""};
  }
  if (name == "mine") return mine_invocation(commands);
  if (name == "bench") return commands.bench.options();
  if (name == "devices") return commands.devices_options;
  if (name == "version") return VersionOptions{};
  if (name == "probe") return probe_invocation(commands);
  if (name == "replay") {
    if (commands.replay_options.file.empty()) return usage_error("give a recording", name);
    return commands.replay_options;
  }
  if (commands.verify_options.header.empty() == commands.verify_options.block.empty()) {
    return usage_error("give either a header of 160 hex digits or a block with --block", name);
  }
  return commands.verify_options;
}

}  // namespace

Invocation parse_command_line(std::vector<std::string> arguments) {
  Commands commands;
  if (arguments.empty()) return Exit{kExitUsage, commands.parser.help(), ""};
  const auto parsed = commands.parser.parse(std::move(arguments));
  if (const auto* help = std::get_if<HelpRequest>(&parsed)) return Exit{kExitOk, help->text, ""};
  if (const auto* failure = std::get_if<ParseFailure>(&parsed)) return usage_error(failure->message, failure->command);
  return invocation(commands, std::get<ParsedCommand>(parsed).name);
}

}  // namespace lode::app
