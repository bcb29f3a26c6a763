#include "host/app/ascii_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "host/app/text.h"

namespace lode::app {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_ascii(char byte) {
  return static_cast<std::uint8_t>(byte) < 0x80;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) { return is_ascii(byte); });
}

/// The character that a well-formed sequence of two to four bytes stands for.
std::uint32_t code_point(std::string_view sequence) {
  std::uint32_t value = static_cast<std::uint8_t>(sequence[0]) & (0xffU >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1))
    value = value << 6U | (static_cast<std::uint8_t>(byte) & 0x3fU);
  return value;
}

class Rewriter {
 public:
  Rewriter(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Result<std::string> run() {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    while (at_ < text_.size()) {
      const char next = text_[at_];
      if (next == '"' || next == '\'') {
        string();
      } else if (next == '#') {
        comment();
      } else if (is_ascii(next)) {
        result_ += next;
        ++at_;
      } else {
        refuse(at_, "a character beyond ASCII outside of quotes");
      }
      if (problem_) return fail(Errc::kMalformed, *problem_);
    }
    return std::move(result_);
  }

 private:
  /// Where a string's text ends, and where the text behind its quotes begins. Both are the same place if it never ends.
  struct End {
    std::size_t body;
    std::size_t quotes;
  };

  void refuse(std::size_t at, std::string_view why) {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    problem_ = fmt::format("{}:{}: not valid TOML: {}", name_, line, why);
  }

  /// The sequence beyond ASCII at a place; nothing, and a refusal, if the bytes there are none.
  std::string_view sequence(std::size_t at) {
    const std::string_view found = text_.substr(at, utf8_length(text_, at));
    if (found.empty()) refuse(at, "not UTF-8");
    return found;
  }

  void escape(std::string_view sequence) {
    const std::uint32_t value = code_point(sequence);
    result_ += value > 0xffff ? fmt::format("\\U{:08x}", value) : fmt::format("\\u{:04x}", value);
  }

  void comment() {
    while (at_ < text_.size() && text_[at_] != '\n' && !problem_) {
      const bool plain = is_ascii(text_[at_]);
      result_ += plain ? text_[at_] : '?';
      at_ += plain ? 1 : sequence(at_).size();
    }
  }

  [[nodiscard]] End find_end(std::size_t at, char quote, bool lines) const {
    for (; at < text_.size(); ++at) {
      if (text_[at] == '\\' && quote == '"') {
        ++at;
      } else if (text_[at] == '\n' && !lines) {
        return {at, at};
      } else if (text_[at] == quote && !lines) {
        return {at, at + 1};
      } else if (text_[at] == quote) {
        // Up to two quotes right before the three that end the string belong to it.
        const std::string_view ahead = text_.substr(at, 5);
        const std::size_t quotes = std::min(ahead.find_first_not_of(quote), ahead.size());
        if (quotes >= 3) return {at + quotes - 3, at + quotes};
        at += quotes - 1;
      }
    }
    return {text_.size(), text_.size()};
  }

  void string() {
    const char quote = text_[at_];
    const bool lines = text_.substr(at_).starts_with(std::string(3, quote));
    const std::size_t body = at_ + (lines ? 3 : 1);
    const End end = find_end(body, quote, lines);
    if (is_ascii(text_.substr(at_, end.quotes - at_))) {
      result_ += text_.substr(at_, end.quotes - at_);
    } else {
      // A literal string knows no escapes, so it becomes one that does. The spaces keep its quotes from joining others.
      const bool literal = quote == '\'';
      if (literal) result_ += ' ';
      result_.append(body - at_, '"');
      rewrite_body(body, end.body, literal);
      result_.append(end.quotes - end.body, '"');
      if (literal) result_ += ' ';
    }
    at_ = end.quotes;
  }

  void rewrite_body(std::size_t at, std::size_t end, bool literal) {
    while (at < end && !problem_) {
      const char next = text_[at];
      if (!is_ascii(next)) {
        const std::string_view found = sequence(at);
        if (!found.empty()) escape(found);
        at += found.size();
        continue;
      }
      if (literal && (next == '\\' || next == '"')) result_ += '\\';
      result_ += next;
      ++at;
      if (next == '\\' && !literal && at < end) {
        if (!is_ascii(text_[at])) return refuse(at, "unknown escape sequence");
        result_ += text_[at];
        ++at;
      }
    }
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::string result_;
  std::optional<std::string> problem_;
};

}  // namespace

Result<std::string> ascii_toml(std::string_view text, const std::string& name) {
  if (is_ascii(text)) return std::string(text);
  return Rewriter(text, name).run();
}

}  // namespace lode::app
