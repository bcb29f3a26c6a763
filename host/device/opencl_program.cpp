#include "host/device/opencl_program.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace lode::device {
namespace {

constexpr std::size_t kMostCharacters = 600;
constexpr std::size_t kMostLines = 6;

void tell(const std::function<void(const std::string&)>& to, const std::string& text) {
  if (to) to(text);
}

/// Printable ASCII; all else becomes blanks, of which none follow each other.
std::string plain(std::string_view line) {
  std::string text;
  for (const char c : line) {
    const char shown = c > ' ' && c <= '~' ? c : ' ';
    if (shown != ' ' || (!text.empty() && text.back() != ' ')) text += shown;
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::vector<std::string> lines_of(std::string_view log) {
  std::vector<std::string> lines;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    if (std::string line = plain(log.substr(0, end)); !line.empty()) lines.push_back(std::move(line));
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return lines;
}

/// Nothing: there is none that works.
std::optional<OpenClProgram> from_store(OpenClDriver& driver, OpenClContext context, const OpenClGpu& gpu,
                                        const OpenClBinaryKey& key, const std::string& options,
                                        const OpenClProgramHelp& help) {
  const auto binary = help.store ? help.store->load(key) : std::nullopt;
  if (!binary) return std::nullopt;
  OpenClProgram program = nullptr;
  OpenClStatus status = driver.program_from_binary(program, context, gpu.device_id, *binary);
  if (status == OpenClStatus::kSuccess) {
    status = driver.build(program, gpu.device_id, options);
    if (status == OpenClStatus::kSuccess) {
      tell(help.note, opencl_id(gpu) + ": the kernel comes from the cache, nothing was compiled");
      return program;
    }
    static_cast<void>(driver.release(program));
  }
  tell(help.warn, opencl_id(gpu) + ": the driver refuses the compiled kernel in the cache, error " + to_string(status) +
                      "; it is compiled anew");
  return std::nullopt;
}

Error build_error(OpenClDriver& driver, OpenClProgram program, const OpenClGpu& gpu, OpenClStatus status) {
  std::string log;
  if (driver.build_log(log, program, gpu.device_id) != OpenClStatus::kSuccess) log.clear();
  const std::string lines = relevant_lines(log);
  return fail(Errc::kDevice,
              "clBuildProgram: error " + to_string(status) + (lines.empty() ? "" : "; the compiler says: " + lines));
}

void keep(OpenClDriver& driver, OpenClProgram program, const OpenClBinaryKey& key, const OpenClProgramHelp& help) {
  if (!help.store) return;
  Bytes binary;
  if (driver.binary(binary, program) == OpenClStatus::kSuccess && !binary.empty()) help.store->save(key, binary);
}

}  // namespace

std::string relevant_lines(std::string_view log) {
  const std::vector<std::string> lines = lines_of(log);
  const auto joined = [&](bool errors_only) {
    std::string text;
    std::size_t count = 0;
    for (const std::string& line : lines) {
      if (errors_only && line.find("error") == std::string::npos && line.find("Error") == std::string::npos) continue;
      if (count++ == kMostLines) break;
      text += (text.empty() ? "" : "; ") + line;
    }
    return text;
  };
  std::string text = joined(true);
  if (text.empty()) text = joined(false);
  if (text.size() > kMostCharacters) text = text.substr(0, kMostCharacters - 3) + "...";
  return text;
}

Result<OpenClProgram> make_program(OpenClDriver& driver, OpenClContext context, const OpenClGpu& gpu,
                                   std::string_view source, const std::string& options, const OpenClProgramHelp& help) {
  const OpenClBinaryKey key = binary_key(source, options, gpu);
  if (const auto stored = from_store(driver, context, gpu, key, options, help)) return *stored;

  const auto begin = std::chrono::steady_clock::now();
  OpenClProgram program = nullptr;
  if (const auto good = checked(driver.program_from_source(program, context, source), "clCreateProgramWithSource");
      !good)
    return good.error();
  if (const OpenClStatus status = driver.build(program, gpu.device_id, options); status != OpenClStatus::kSuccess) {
    const Error error = build_error(driver, program, gpu, status);
    static_cast<void>(driver.release(program));
    return error;
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.1f s", elapsed.count());
  tell(help.note, opencl_id(gpu) + ": the kernel was compiled in " + seconds.data());
  keep(driver, program, key, help);
  return program;
}

}  // namespace lode::device
