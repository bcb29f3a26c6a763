#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "host/base/hex.h"
#include "stratum/v1/json_number.h"
#include "stratum/v1/session_record.h"

namespace lode::stratum::v1 {
namespace {

namespace json = boost::json;

std::int64_t since(TimePoint begin, TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time - begin).count();
}

TimePoint time_point(std::int64_t since_zero) {
  return TimePoint(std::chrono::nanoseconds(since_zero));
}

std::optional<std::string> text_field(const json::object& fields, std::string_view name) {
  const json::value* value = fields.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<Bytes> hex_field(const json::object& fields, std::string_view name) {
  const auto text = text_field(fields, name);
  if (!text) return std::nullopt;
  auto bytes = from_hex(*text, kMaxExtranonce1);
  return bytes ? std::optional<Bytes>(*std::move(bytes)) : std::nullopt;
}

}  // namespace

json::object encode_submission(const Submission& block, TimePoint begin) {
  return {{"hash", block.hash.to_display()},
          {"height", block.height},
          {"job", block.job_id},
          {"session", block.session_id},
          {"extranonce1", to_hex(block.extranonce1)},
          {"extranonce2", to_hex(block.extranonce2)},
          {"version", block.version},
          {"job_version", block.job_version},
          {"mask", block.mask},
          {"time", block.time},
          {"nonce", block.nonce},
          {"found", since(begin, block.found)}};
}

Result<Submission> decode_submission(const json::value& value) {
  const Error malformed = fail(Errc::kMalformed, "a block lacks a field");
  const json::object* fields = value.if_object();
  if (fields == nullptr) return malformed;
  const auto hash = chain::Hash256::from_display(text_field(*fields, "hash").value_or(""));
  auto job_id = text_field(*fields, "job");
  auto session_id = text_field(*fields, "session");
  auto extranonce1 = hex_field(*fields, "extranonce1");
  auto extranonce2 = hex_field(*fields, "extranonce2");
  const auto height = number<std::uint32_t>(*fields, "height");
  const auto version = number<std::uint32_t>(*fields, "version");
  const auto job_version = number<std::uint32_t>(*fields, "job_version");
  const auto mask = number<std::uint32_t>(*fields, "mask");
  const auto time = number<std::uint32_t>(*fields, "time");
  const auto nonce = number<std::uint32_t>(*fields, "nonce");
  const auto found = nanoseconds(*fields, "found");
  if (!hash || !job_id || !session_id || !extranonce1 || !extranonce2 || !height || !version || !job_version || !mask ||
      !time || !nonce || !found) {
    return malformed;
  }
  return Submission{.hash = *hash,
                    .height = *height,
                    .job_id = *std::move(job_id),
                    .session_id = *std::move(session_id),
                    .extranonce1 = *std::move(extranonce1),
                    .extranonce2 = *std::move(extranonce2),
                    .version = *version,
                    .job_version = *job_version,
                    .mask = *mask,
                    .time = *time,
                    .nonce = *nonce,
                    .found = time_point(*found)};
}

json::array encode_open_blocks(const OpenBlocks& blocks, TimePoint begin) {
  json::array all;
  for (const OpenBlocks::Entry& entry : blocks.all()) {
    all.push_back(json::object{{"block", encode_submission(entry.block, begin)},
                               {"sends", entry.sends},
                               {"not_before", since(begin, entry.not_before)}});
  }
  return all;
}

Result<void> decode_open_blocks(const json::value& value, OpenBlocks& blocks) {
  const Error malformed = fail(Errc::kMalformed, "open_blocks is not what lode writes");
  const json::array* all = value.if_array();
  if (all == nullptr || all->size() > OpenBlocks::kMost) return malformed;
  for (const json::value& one : *all) {
    const json::object* fields = one.if_object();
    const json::value* given = fields == nullptr ? nullptr : fields->if_contains("block");
    if (given == nullptr) return malformed;
    const auto sends = number<std::uint32_t>(*fields, "sends");
    const auto not_before = nanoseconds(*fields, "not_before");
    auto block = decode_submission(*given);
    if (!block || !sends || !not_before) return malformed;
    blocks.restore(*std::move(block), *sends, time_point(*not_before));
  }
  return {};
}

}  // namespace lode::stratum::v1
