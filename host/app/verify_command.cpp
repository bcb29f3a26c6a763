#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/app/commands.h"
#include "host/app/events_json.h"
#include "host/app/exit_codes.h"
#include "host/app/file.h"
#include "host/app/number_format.h"
#include "host/app/print.h"
#include "host/app/text.h"
#include "host/base/hex.h"
#include "host/chain/block.h"
#include "host/chain/check.h"
#include "host/chain/consensus.h"
#include "host/chain/target.h"

namespace lode::app {
namespace {

/// A block as hex digits, with room for line breaks.
constexpr std::size_t kMaxBlockText = 4 * chain::kMaxBlockBytes;

std::string describe(const chain::Header& header) {
  std::string text = fmt::format(
      "hash        {}\n"
      "version     {:08x}\n"
      "previous    {}\n"
      "merkle root {}\n"
      "time        {} ({})\n"
      "bits        {:08x}\n"
      "nonce       {}\n",
      header.hash().to_display(), header.version, header.previous_block.to_display(), header.merkle_root.to_display(),
      header.time, iso_time(std::chrono::system_clock::from_time_t(header.time)), header.bits, header.nonce);
  const auto target = chain::Target::from_bits(header.bits);
  if (!target) return text + fmt::format("target      none: {}\n", target.error().message());
  const double difficulty = target->difficulty();
  text += fmt::format("target      {}\ndifficulty  {} ({})\n", target->to_display(), difficulty,
                      format_quantity(difficulty));
  return text;
}

/// Prints the rules; returns the exit code.
int report(const std::string& head, const std::vector<chain::RuleResult>& rules) {
  std::string text = head + "rules\n";
  bool valid = true;
  for (const chain::RuleResult& rule : rules) {
    valid = valid && rule.passed;
    text += fmt::format("  {} {}{}{}\n", rule.passed ? "pass" : "FAIL", rule.name, rule.detail.empty() ? "" : ": ",
                        printable(rule.detail));
  }
  text += valid ? "valid\n" : "NOT VALID\n";
  print(text);
  return valid ? kExitOk : kExitInvalid;
}

int verify_header(const std::string& hex) {
  std::array<std::uint8_t, chain::kHeaderSize> bytes{};
  if (hex.size() != 2 * bytes.size()) {
    print_error(fmt::format("verify: a header has 160 hex digits, not {} characters", hex.size()));
    return kExitUsage;
  }
  if (const auto decoded = from_hex_into(hex, bytes); !decoded) {
    print_error("verify: the header is no hex: " + decoded.error().message());
    return kExitUsage;
  }
  const chain::Header header = chain::Header::parse(bytes);
  const auto worked = chain::check_header_work(header);
  chain::RuleResult rule{.name = "high-hash", .passed = worked.has_value(), .detail = {}};
  if (!worked) rule.detail = worked.error().message().substr(rule.name.size() + 2);  // "high-hash: hash ..."
  return report(describe(header), {rule});
}

/// Text of hex digits and white space to bytes; nothing when there is anything else in it.
std::optional<Bytes> from_hex_text(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) digits.push_back(c);
  }
  auto bytes = from_hex(digits, chain::kMaxBlockBytes);
  if (!bytes || bytes->empty()) return std::nullopt;
  return *std::move(bytes);
}

/// The block's bytes: hex digits given directly, or a file of either form.
Result<Bytes> read_block(const std::string& argument) {
  std::error_code ignored;
  if (!std::filesystem::exists(argument, ignored)) {
    if (auto bytes = from_hex_text(argument)) return *std::move(bytes);
    return fail(Errc::kMalformed,
                fmt::format("'{}' is neither a file nor a block in hex digits", printable(cut_to_width(argument, 60))));
  }
  const auto text = read_file(argument, kMaxBlockText);
  if (!text) return text.error();
  if (auto bytes = from_hex_text(*text)) return *std::move(bytes);
  return Bytes(text->begin(), text->end());
}

int verify_block(const std::string& argument) {
  const auto bytes = read_block(argument);
  if (!bytes) {
    print_error("verify: " + bytes.error().message());
    return kExitUsage;
  }
  const auto block = chain::Block::parse(*bytes);
  if (!block) {
    print_error("verify: this is no block: " + block.error().message());
    return kExitUsage;
  }
  const std::string head =
      describe(block->header) + fmt::format("size        {} bytes, weight {}, {} transactions\n", bytes->size(),
                                            block->weight(), block->transactions.size());
  return report(head, chain::evaluate_block(*block));
}

}  // namespace

int run_verify(const VerifyOptions& options) {
  return options.block.empty() ? verify_header(options.header) : verify_block(options.block);
}

}  // namespace lode::app
