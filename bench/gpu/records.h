// What a program measured, for other programs: one JSON object a line. Also printed for people as it comes.
//
// Used by one thread.
#pragma once

#include <concepts>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace lode::bench {

/// One line: names and values in the order in which they were added.
class Record {
 public:
  /// `table` says what kind of line it is.
  explicit Record(std::string_view table) { add("table", table); }

  Record& add(std::string_view name, std::string_view value);
  Record& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Record& add(std::string_view name, double value);
  Record& add(std::string_view name, std::integral auto value) { return put(name, std::to_string(value)); }
  Record& add(std::string_view name, bool value) { return put(name, value ? "true" : "false"); }

  [[nodiscard]] std::string json() const { return "{" + text_ + "}"; }

 private:
  Record& put(std::string_view name, const std::string& value);

  std::string text_;
};

class Records {
 public:
  /// Writes to the file of that name, if one is given, and to the standard output. Throws std::runtime_error if it
  /// cannot be written.
  explicit Records(const std::string& file);

  void write(const Record& record);

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace lode::bench
