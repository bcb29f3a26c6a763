#include "stratum/v1/notify.h"

#include <algorithm>

#include "host/base/hex.h"
#include "stratum/v1/param_reader.h"

namespace lode::stratum::v1 {
namespace {

constexpr std::size_t kWord = 4;

chain::Hash256 swap_words(chain::Hash256 hash) {
  for (auto word = hash.bytes.begin(); word != hash.bytes.end(); word += kWord)
    std::reverse(word, word + kWord);
  return hash;
}

std::vector<chain::Hash256> read_branch(ParamReader& params, std::size_t index) {
  const boost::json::array* elements = params.array(index, "merkle branch", kMaxBranch);
  std::vector<chain::Hash256> branch;
  if (elements == nullptr) return branch;
  branch.reserve(elements->size());
  for (const boost::json::value& element : *elements) {
    const boost::json::string* digits = element.if_string();
    chain::Hash256 hash;
    if (digits == nullptr || !from_hex_into(std::string_view(digits->data(), digits->size()), hash.bytes)) {
      params.fail("merkle branch", "has an element that is not a string of 64 hex digits");
      break;
    }
    branch.push_back(hash);
  }
  return branch;
}

}  // namespace

Result<chain::Hash256> parse_previous_hash(std::string_view digits) {
  chain::Hash256 hash;
  const auto decoded = from_hex_into(digits, hash.bytes);
  if (!decoded) return decoded.error();
  return swap_words(hash);
}

std::string encode_previous_hash(const chain::Hash256& previous_block) {
  return to_hex(swap_words(previous_block).bytes);
}

Result<Notify> parse_notify(const boost::json::array& params) {
  ParamReader fields(params, "mining.notify");
  Notify notify;
  notify.job_id = fields.text(0, "job id", kMaxJobId);
  const auto previous = parse_previous_hash(fields.text(1, "previous hash", 64));
  if (previous) {
    notify.previous_block = *previous;
  } else {
    fields.fail("previous hash", "is not a string of 64 hex digits");
  }
  notify.coinbase_prefix = fields.bytes(2, "coinb1", kMaxCoinbaseHalf);
  notify.coinbase_suffix = fields.bytes(3, "coinb2", kMaxCoinbaseHalf);
  notify.merkle_branch = read_branch(fields, 4);
  notify.version = fields.hex_u32(5, "version");
  notify.bits = fields.hex_u32(6, "nbits");
  notify.time = fields.hex_u32(7, "ntime");
  notify.clean = fields.flag(8, "clean_jobs", true);
  if (fields.failure()) return *fields.failure();
  const auto target = chain::Target::from_bits(notify.bits);
  if (!target) {
    fields.fail("nbits", "stand for no target", Errc::kOutOfRange);
    return *fields.failure();
  }
  notify.network_target = *target;
  return notify;
}

Result<Extranonce> parse_extranonce(const boost::json::array& params, std::size_t index, std::string_view what) {
  ParamReader fields(params, what);
  Extranonce extranonce;
  extranonce.prefix = fields.bytes(index, "extranonce1", kMaxExtranonce1);
  extranonce.extranonce2_size =
      static_cast<std::size_t>(fields.integer(index + 1, "extranonce2 size", 0, kMaxExtranonce2));
  if (fields.failure()) return *fields.failure();
  return extranonce;
}

}  // namespace lode::stratum::v1
