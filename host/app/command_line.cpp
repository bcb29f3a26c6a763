#include "host/app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "host/app/argument.h"
#include "host/app/bench_arguments.h"
#include "host/app/device_arguments.h"
#include "host/app/exit_codes.h"
#include "host/app/mine_arguments.h"
#include "host/app/option_values.h"
#include "host/app/proxy_url.h"
#include "host/app/text.h"

namespace lode::app {
namespace {

Exit usage_error(const std::string& message, const std::string& command) {
  return {kExitUsage, "", fmt::format("{} (see 'lode {}--help')", message, command.empty() ? "" : command + " ")};
}

/// What is left of the arguments when everything known was taken.
std::string extra_message(const CLI::App& command) {
  const std::vector<std::string> extra = command.remaining(true);
  const std::string first = extra.empty() ? "" : extra.front();
  if (first.starts_with("-")) return fmt::format("unknown option '{}'", printable(first.substr(0, first.find('='))));
  if (first.find('@') != std::string::npos) return "unexpected argument";  // a URL, maybe with a password
  if (command.get_parent() == nullptr) return fmt::format("unknown command '{}'", printable(first));
  return fmt::format("unexpected argument '{}'", printable(first));
}

/// CLI11's messages, in words that say what to do.
std::string parse_message(const CLI::ParseError& error, const CLI::App& command) {
  const std::string text = printable(error.what());
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return extra_message(command);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string option = text.substr(0, text.find(':'));
    return option + (text.find("At Most") == std::string::npos ? ": its value is missing" : ": given more than once");
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    // Only flags are converted by CLI11 itself: "Could not convert: --quiet = abc".
    const std::size_t option = text.find("--");
    if (option != std::string::npos) return text.substr(option, text.find(' ', option) - option) + ": takes no value";
  }
  return text;
}

struct Commands {
  CLI::App app{"lode: Bitcoin (SHA-256d) mining and hashing engine", "lode"};
  MineArguments mine{*app.add_subcommand("mine", "Mine: search for blocks and submit them")};
  BenchArguments bench{*app.add_subcommand("bench", "Measure the hash rate, checking every result")};

  CLI::App& devices = *app.add_subcommand("devices", "List devices and kernels");
  DevicesOptions devices_options;
  CLI::App& probe = *app.add_subcommand("probe", "Show what a pool supports, and how it deviates");
  std::string probe_url;
  ProbeOptions probe_options;
  CLI::App& replay = *app.add_subcommand("replay", "Run the pool client against a recording");
  ReplayOptions replay_options;
  CLI::App& verify = *app.add_subcommand("verify", "Check a block header or a block against the rules");
  VerifyOptions verify_options;
  CLI::App& version = *app.add_subcommand("version", "Print version, commit, compiler and features");
  bool version_flag = false;

  Commands();
};

Commands::Commands() {
  app.footer(
      "Examples:\n"
      "  lode mine                         try it out on the embedded chain\n"
      "  lode bench --kernel all           compare the kernels of this CPU\n"
      "  lode mine --help                  all options of a command\n");
  app.add_flag("--version", version_flag, "Print the version");
  app.get_formatter()->column_width(34);

  add_calibration_arguments(devices, devices_options,
                            "Folder where the choice of kernels is remembered; 'none': nowhere\n"
                            "[$XDG_STATE_HOME/lode or ~/.local/state/lode]");
  devices.add_flag("--json", devices_options.json, "Print JSON");
  devices.footer(
      "The kernels are measured the first time (a quarter of a second), and the fastest are remembered.\n\n"
      "Examples:\n"
      "  lode devices\n"
      "  lode devices --recalibrate\n");

  probe.add_option("URL", probe_url, "stratum+tcp://USER:PASSWORD@HOST:PORT, or stratum+ssl://")->type_name("");
  add_text(probe, "--user", "NAME", probe_options.pool.user, "Worker name, where the URL has none [probe]");
  add_text(probe, "--pass", "TEXT", probe_options.pool.password, "Password, where the URL has no name [x]");
  add_argument(
      probe, "--seconds", "S", parse_seconds, [this](auto seconds) { probe_options.seconds = seconds; },
      "Give up after so long [30]");
  add_argument(
      probe, "--proxy", "URL", parse_proxy_url,
      [this](net::ProxyOptions proxy) { probe_options.pool.proxy = std::move(proxy); },
      "socks5://USER:PASSWORD@HOST:PORT to connect through");
  add_argument(
      probe, "--tls-fingerprint", "HEX", parse_fingerprint,
      [this](std::string fingerprint) { probe_options.pool.tls_fingerprint = std::move(fingerprint); },
      "SHA-256 of the certificate that the pool must show");
  probe.add_flag("--json", probe_options.json, "Print JSON");
  probe.footer(
      "Connects, subscribes, authorizes, waits for work and leaves; sends no share.\n"
      "Exit status: 0 there was work, 1 unusable arguments, 2 there was none.\n\n"
      "Examples:\n"
      "  lode probe stratum+tcp://pool.example:3333 --user bc1q....rig1\n"
      "  lode probe stratum+tcp://127.0.0.1:3333 --json\n");

  replay.add_option("FILE", replay_options.file, "What 'lode mine --record FILE' has written")->type_name("");
  replay.footer(
      "The client gets what the pool said then, at the same times of a virtual clock; what it does is compared with\n"
      "what it did. Exit status: 0 the same, 5 not the same, 1 unreadable.\n\n"
      "Example:\n"
      "  lode replay session.jsonl\n");

  verify.add_option("HEADERHEX", verify_options.header, "A block header: 160 hex digits");
  verify.add_option("--block", verify_options.block, "A whole block: a file (raw or hex) or hex digits")
      ->type_name("FILE|HEX");
  verify.footer(
      "Prints hash, target and every rule checked. Exit status: 0 valid, 5 not valid, 1 unreadable.\n\n"
      "Examples:\n"
      "  lode verify 0100000000000000...1dac2b7c\n"
      "  lode verify --block block.bin\n");
  version.footer("Example:\n  lode version\n");
}

/// Options that take one text of several values, for which the file may have a list.
bool is_list(std::string_view key) {
  return key == "devices" || key == "cpu-affinity";
}

/// The configuration file's entries for options that the command line left out.
std::optional<std::string> apply_config(CLI::App& command, const std::string& file) {
  const auto entries = read_config(file);
  if (!entries) return entries.error().message();
  const std::string name = printable(file);
  for (const ConfigEntry& entry : *entries) {
    CLI::Option* const option =
        command.get_option_no_throw(entry.key == "source" ? std::string("SOURCE") : "--" + entry.key);
    if (option == nullptr || entry.key == "help" || entry.key == "config") {
      return fmt::format("{}: unknown key '{}'", name, printable(entry.key));
    }
    if (option->count() > 0) continue;
    const bool is_flag = option->get_expected_max() == 0;
    if (is_flag) {
      if (entry.values != std::vector<std::string>{"true"} && entry.values != std::vector<std::string>{"false"}) {
        return fmt::format("{}: {}: must be true or false", name, entry.key);
      }
      if (entry.values.front() == "false") continue;
    } else if (entry.values.empty() ||
               (entry.values.size() > 1 && option->get_expected_max() == 1 && !is_list(entry.key))) {
      return fmt::format("{}: {}: must be one value", name, entry.key);
    }
    std::vector<std::string> values = entry.values;
    if (is_list(entry.key)) values = {CLI::detail::join(entry.values, ",")};
    try {
      option->add_result(values);
      option->run_callback();
    } catch (const CLI::ParseError& error) {
      std::string message = printable(error.what());
      if (message.starts_with("--")) message.erase(0, 2);
      return fmt::format("{}: {}", name, message);
    }
  }
  return std::nullopt;
}

Invocation probe_invocation(Commands& commands) {
  if (commands.probe_url.empty()) return usage_error("give the URL of a pool", "probe");
  auto url = parse_source_url(commands.probe_url);
  if (!url) return usage_error("URL: " + url.error().message(), "probe");
  if (!url->is_pool()) return usage_error("URL: only pools can be probed: stratum+tcp://HOST:PORT", "probe");
  ProbeOptions options = commands.probe_options;
  if (options.pool.user.empty()) options.pool.user = "probe";
  options.pool.sources = {*url};
  options.url = *std::move(url);
  return options;
}

Invocation mine_invocation(Commands& commands, CLI::App& command) {
  const bool source_from_file = command.get_option("SOURCE")->count() == 0;
  if (!commands.mine.config.empty()) {
    if (const auto problem = apply_config(command, commands.mine.config)) return usage_error(*problem, "mine");
  }
  const auto options = commands.mine.options();
  if (!options) {
    const bool from_file = source_from_file && !commands.mine.config.empty();
    return usage_error(
        (from_file ? printable(commands.mine.config) + ": source: " : "SOURCE: ") + options.error().message(), "mine");
  }
  if (const auto checked = check_mine_options(*options); !checked) {
    return usage_error(checked.error().message(), "mine");
  }
  return *options;
}

}  // namespace

Invocation parse_command_line(std::vector<std::string> arguments) {
  Commands commands;
  CLI::App& app = commands.app;
  if (arguments.empty()) return Exit{kExitUsage, app.help(), ""};
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  const auto chosen = [&app]() -> CLI::App* {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? nullptr : parsed.front();
  };
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return Exit{kExitOk, app.help(), ""};
  } catch (const CLI::ParseError& error) {
    CLI::App* const command = chosen();
    return usage_error(parse_message(error, command == nullptr ? app : *command),
                       command == nullptr ? "" : command->get_name());
  }
  CLI::App* const command = chosen();
  if (command == nullptr) {
    if (commands.version_flag) return VersionOptions{};
    return Exit{kExitUsage, app.help(), ""};
  }
  const std::string& name = command->get_name();
  if (name == "mine") return mine_invocation(commands, *command);
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

}  // namespace lode::app
