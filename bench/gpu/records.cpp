#include "bench/gpu/records.h"

#include <array>
#include <cmath>
#include <stdexcept>

namespace lode::bench {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

Record& Record::put(std::string_view name, const std::string& value) {
  if (!text_.empty()) text_ += ", ";
  text_ += quoted(name) + ": " + value;
  return *this;
}

Record& Record::add(std::string_view name, std::string_view value) {
  return put(name, quoted(value));
}

Record& Record::add(std::string_view name, double value) {
  if (!std::isfinite(value)) return put(name, "null");
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return put(name, text.data());
}

Records::Records(const std::string& file) {
  if (file.empty()) return;
  file_.reset(std::fopen(file.c_str(), "w"));
  if (!file_) throw std::runtime_error("cannot write " + file);
}

void Records::write(const Record& record) {
  const std::string line = record.json() + "\n";
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
  if (!file_) return;
  if (std::fputs(line.c_str(), file_.get()) < 0 || std::fflush(file_.get()) != 0)
    throw std::runtime_error("the results cannot be written");
}

}  // namespace lode::bench
