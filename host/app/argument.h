// Declares options whose text is checked by a function that returns Result<T>.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <utility>

#include "host/base/result.h"

namespace lode::app {

/// `--name TYPE`: `parse(text)` gives a Result whose value goes to `store(value)`; its error is shown after the name.
template <class Parse, class Store>
CLI::Option* add_argument(CLI::App& command, const std::string& name, const std::string& type, Parse parse, Store store,
                          const std::string& description) {
  return command
      .add_option_function<std::string>(
          name,
          [name, parse, store](const std::string& text) {
            auto value = parse(text);
            if (!value) throw CLI::ValidationError(name, value.error().message());
            store(*std::move(value));
          },
          description)
      ->type_name(type);
}

/// `--name TYPE` for a text that must not be empty.
inline CLI::Option* add_text(CLI::App& command, const std::string& name, const std::string& type, std::string& store,
                             const std::string& description) {
  return add_argument(
      command, name, type,
      [](const std::string& text) -> Result<std::string> {
        if (text.empty()) return fail(Errc::kMalformed, "must not be empty");
        return text;
      },
      [&store](std::string text) { store = std::move(text); }, description);
}

}  // namespace lode::app
