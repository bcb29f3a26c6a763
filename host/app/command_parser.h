// Commands and their options, declared in words of ours. CLI11 does the parsing, in command_parser.cpp alone: every
// file that includes it takes ten seconds longer to compile.
//
// Start-up, main thread. A parser owns its commands and outlives what refers to them; the variables that options store
// into must outlive the parser.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "host/app/config_file.h"
#include "host/base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace lode::app {

/// The options of one command, or of the program itself.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  /// What `--help` prints below the options.
  void footer(const std::string& text);

  /// `--name`, or `--name,--other-name`: sets `store`, which nothing else may follow.
  void add_flag(const std::string& names, bool& store, const std::string& description);

  /// `--name TYPE`: `take(text)` checks the text and keeps its value; an error is shown after the name. Once at most.
  void add_checked(const std::string& name, const std::string& type,
                   std::function<Result<void>(const std::string&)> take, const std::string& description);

  /// `--name TYPE`: `parse(text)` gives a Result whose value goes to `store(value)`.
  template <class Parse, class Store>
  void add_argument(const std::string& name, const std::string& type, Parse parse, Store store,
                    const std::string& description) {
    add_checked(
        name, type,
        [parse = std::move(parse), store = std::move(store)](const std::string& text) -> Result<void> {
          auto value = parse(text);
          if (!value) return value.error();
          store(*std::move(value));
          return {};
        },
        description);
  }

  /// `--name TYPE` for a text that must not be empty.
  void add_text(const std::string& name, const std::string& type, std::string& store, const std::string& description);

  /// `--name TYPE` for any text, or, where the name has no dashes, an argument of that name. Once at most.
  void add_value(const std::string& name, const std::string& type, std::string& store, const std::string& description);

  /// The same for what may be given more than once.
  void add_values(const std::string& name, const std::string& type, std::vector<std::string>& store,
                  const std::string& description);

  /// `option` cannot be used together with any of `others`.
  void exclude(const std::string& option, std::initializer_list<std::string> others);

  /// True if the command line (or a configuration that was applied) gives the option or argument.
  [[nodiscard]] bool given(const std::string& name) const;

  /// Sets the options that the command line left out to `entries` of the file `name`. "source" is the argument SOURCE.
  /// Errors: kMalformed with the file's name and the key.
  [[nodiscard]] Result<void> apply(const std::vector<ConfigEntry>& entries, const std::string& name);

 private:
  CLI::App* app_;  ///< owned by the parser
};

/// A command of the program was named.
struct ParsedCommand {
  std::string name;  ///< empty: none, only options of the program
};

/// `--help` was given, of the program or of a command.
struct HelpRequest {
  std::string text;
};

struct ParseFailure {
  std::string message;  ///< what is wrong, printable
  std::string command;  ///< in which command; empty: before one was named
};

class CommandParser {
 public:
  CommandParser(const std::string& description, const std::string& program);
  CommandParser(const CommandParser&) = delete;
  CommandParser& operator=(const CommandParser&) = delete;
  ~CommandParser();

  /// The options of the program itself.
  [[nodiscard]] Command program();
  [[nodiscard]] Command add_command(const std::string& name, const std::string& description);

  /// The text of `--help`.
  [[nodiscard]] std::string help() const;

  /// Stores what `arguments` (without the program's name) say. Call once.
  [[nodiscard]] std::variant<ParsedCommand, HelpRequest, ParseFailure> parse(std::vector<std::string> arguments);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace lode::app
