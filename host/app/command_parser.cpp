#include "host/app/command_parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "host/app/text.h"

namespace lode::app {
namespace {

constexpr std::size_t kNameColumns = 34;  ///< of `--help`

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

/// Options that take one text of several values, for which the file may have a list.
bool is_list(std::string_view key) {
  return key == "devices" || key == "cpu-affinity";
}

/// Says why `option` cannot take the entry's values, if it cannot.
Result<void> set(CLI::Option& option, const ConfigEntry& entry) {
  if (option.count() > 0) return {};  // the command line wins
  const bool is_flag = option.get_expected_max() == 0;
  if (is_flag) {
    if (entry.values != std::vector<std::string>{"true"} && entry.values != std::vector<std::string>{"false"}) {
      return fail(Errc::kMalformed, entry.key + ": must be true or false");
    }
    if (entry.values.front() == "false") return {};
  } else if (entry.values.empty() ||
             (entry.values.size() > 1 && option.get_expected_max() == 1 && !is_list(entry.key))) {
    return fail(Errc::kMalformed, entry.key + ": must be one value");
  }
  std::vector<std::string> values = entry.values;
  if (is_list(entry.key)) values = {CLI::detail::join(entry.values, ",")};
  try {
    option.add_result(values);
    option.run_callback();
  } catch (const CLI::ParseError& error) {
    std::string message = printable(error.what());
    if (message.starts_with("--")) message.erase(0, 2);
    return fail(Errc::kMalformed, message);
  }
  return {};
}

}  // namespace

void Command::footer(const std::string& text) {
  app_->footer(text);
}

void Command::add_flag(const std::string& names, bool& store, const std::string& description) {
  app_->add_flag(names, store, description);
}

void Command::add_checked(const std::string& name, const std::string& type,
                          std::function<Result<void>(const std::string&)> take, const std::string& description) {
  app_->add_option_function<std::string>(
          name,
          [name, take = std::move(take)](const std::string& text) {
            const auto taken = take(text);
            if (!taken) throw CLI::ValidationError(name, taken.error().message());
          },
          description)
      ->type_name(type);
}

void Command::add_text(const std::string& name, const std::string& type, std::string& store,
                       const std::string& description) {
  add_checked(
      name, type,
      [&store](const std::string& text) -> Result<void> {
        if (text.empty()) return fail(Errc::kMalformed, "must not be empty");
        store = text;
        return {};
      },
      description);
}

void Command::add_value(const std::string& name, const std::string& type, std::string& store,
                        const std::string& description) {
  app_->add_option(name, store, description)->type_name(type);
}

void Command::add_values(const std::string& name, const std::string& type, std::vector<std::string>& store,
                         const std::string& description) {
  app_->add_option(name, store, description)->type_name(type);
}

void Command::exclude(const std::string& option, std::initializer_list<std::string> others) {
  for (const std::string& other : others)
    app_->get_option(option)->excludes(app_->get_option(other));
}

bool Command::given(const std::string& name) const {
  return app_->get_option(name)->count() > 0;
}

Result<void> Command::apply(const std::vector<ConfigEntry>& entries, const std::string& name) {
  for (const ConfigEntry& entry : entries) {
    CLI::Option* const option =
        app_->get_option_no_throw(entry.key == "source" ? std::string("SOURCE") : "--" + entry.key);
    if (option == nullptr || entry.key == "help" || entry.key == "config") {
      return fail(Errc::kMalformed, fmt::format("{}: unknown key '{}'", name, printable(entry.key)));
    }
    if (const auto done = set(*option, entry); !done) {
      return fail(Errc::kMalformed, fmt::format("{}: {}", name, done.error().message()));
    }
  }
  return {};
}

CommandParser::CommandParser(const std::string& description, const std::string& program)
    : app_(std::make_unique<CLI::App>(description, program)) {
  app_->get_formatter()->column_width(kNameColumns);
}

CommandParser::~CommandParser() = default;

Command CommandParser::program() {
  return Command(*app_);
}

Command CommandParser::add_command(const std::string& name, const std::string& description) {
  return Command(*app_->add_subcommand(name, description));
}

std::string CommandParser::help() const {
  return app_->help();
}

std::variant<ParsedCommand, HelpRequest, ParseFailure> CommandParser::parse(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  const auto chosen = [this]() -> CLI::App* {
    const auto parsed = app_->get_subcommands();
    return parsed.empty() ? nullptr : parsed.front();
  };
  try {
    app_->parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return HelpRequest{app_->help()};
  } catch (const CLI::ParseError& error) {
    CLI::App* const command = chosen();
    if (command == nullptr) return ParseFailure{parse_message(error, *app_), ""};
    return ParseFailure{parse_message(error, *command), command->get_name()};
  }
  CLI::App* const command = chosen();
  return ParsedCommand{command == nullptr ? "" : command->get_name()};
}

}  // namespace lode::app
