#include "host/app/config_file.h"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "host/app/ascii_toml.h"
#include "host/app/file.h"
#include "host/app/text.h"

namespace lode::app {

/// toml++ (3.3 and 3.4) asserts on some malformed files (a table header of nothing but a carriage return). A file is no
/// reason to abort; so an assertion that fails is one more way to be malformed.
struct TomlAssertion : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] static void fail_assertion() {
  throw TomlAssertion("malformed key or value");
}

}  // namespace lode::app

// Nor is a file a reason to go on: without assertions toml++ promises the compiler that they hold. So this file has
// them in every build, and no other file has toml++.
#undef NDEBUG
#define TOML_ASSERT(condition) (static_cast<bool>(condition) ? void() : ::lode::app::fail_assertion())
#include <toml++/toml.h>

namespace lode::app {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20;

/// A single value as the text that the option would take. Nothing for what no option takes: tables, dates, nested
/// arrays.
std::optional<std::string> option_text(const std::string& key, const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* number = node.as_integer()) {
    // A mask is written in hex: `version-mask = 0x1fffe000`.
    return key.ends_with("-mask") ? fmt::format("{:x}", number->get()) : fmt::format("{}", number->get());
  }
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  return std::nullopt;
}

std::optional<std::vector<std::string>> option_texts(const std::string& key, const toml::node& node) {
  std::vector<std::string> texts;
  if (const auto* list = node.as_array()) {
    for (const toml::node& item : *list) {
      auto text = option_text(key, item);
      if (!text) return std::nullopt;
      texts.push_back(std::move(*text));
    }
    return texts;
  }
  auto text = option_text(key, node);
  if (!text) return std::nullopt;
  texts.push_back(std::move(*text));
  return texts;
}

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& name) {
  if (text.size() > kMaxFile) {
    return fail(Errc::kTooLarge,
                fmt::format("{}: larger than {} bytes, this is no configuration file", name, kMaxFile));
  }
  const auto ascii = ascii_toml(text, name);
  if (!ascii) return ascii.error();
  toml::table table;
  try {
    table = toml::parse(*ascii);
  } catch (const toml::parse_error& error) {
    return fail(Errc::kMalformed, fmt::format("{}:{}: not valid TOML: {}", name, error.source().begin.line,
                                              printable(error.description())));
  } catch (const TomlAssertion& error) {
    return fail(Errc::kMalformed, fmt::format("{}: not valid TOML: {}", name, error.what()));
  }
  std::vector<ConfigEntry> entries;
  for (const auto& [key, node] : table) {
    const std::string key_text(key.str());
    auto values = option_texts(key_text, node);
    if (!values) {
      return fail(Errc::kMalformed,
                  fmt::format("{}:{}: key '{}' must be a string, a number, true, false or a list of these", name,
                              node.source().begin.line, printable(key_text)));
    }
    entries.push_back({key_text, std::move(*values)});
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_config(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxFile);
  if (!text) return text.error();
  return parse_config(*text, printable(file.string()));
}

}  // namespace lode::app
