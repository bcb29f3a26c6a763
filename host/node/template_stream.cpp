#include "host/node/template_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <set>
#include <string>

#include "host/base/hex.h"
#include "host/chain/consensus.h"

namespace lode::node {

namespace json = boost::json;
using boost::system::error_code;

namespace {

/// Text and values outside the transactions; a real template has a few kilobytes and some dozens.
constexpr std::size_t kMaxOtherBytes = 256 * 1024;
constexpr std::size_t kMaxOtherValues = 10'000;
constexpr std::size_t kMaxKey = 256;

enum class Field { kOther, kData, kTxid, kHash, kWeight, kSigops };

Field field_of(std::string_view key) {
  if (key == "data") return Field::kData;
  if (key == "txid") return Field::kTxid;
  if (key == "hash") return Field::kHash;
  if (key == "weight") return Field::kWeight;
  if (key == "sigops") return Field::kSigops;
  return Field::kOther;
}

std::string_view name_of(Field field) {
  switch (field) {
    case Field::kData:
      return "data";
    case Field::kTxid:
      return "txid";
    case Field::kHash:
      return "hash";
    case Field::kWeight:
      return "weight";
    case Field::kSigops:
      return "sigops";
    case Field::kOther:
      break;
  }
  return "?";
}

}  // namespace

/// Receives the parser's events. Depth counts the open containers: the reply's object is 1, "result" 2, "transactions"
/// 3, a transaction 4.
struct TemplateStream::Handler {
  static constexpr std::size_t max_object_size = 100'000;
  static constexpr std::size_t max_array_size = 100'000;
  static constexpr std::size_t max_key_size = kMaxKey;
  static constexpr std::size_t max_string_size = 2 * chain::kMaxBlockBytes;

  json::value_stack stack;
  TemplateTransactions transactions;
  std::optional<Error> failure;

  std::size_t depth = 0;
  std::array<std::string, 3> keys;            ///< the current key of the objects at depth 1 and 2
  std::array<std::set<std::string>, 3> seen;  ///< keys so far of those objects
  bool in_transactions = false;
  std::string key;  ///< parts of a key that is still arriving
  std::size_t other_bytes = 0;
  std::size_t other_values = 0;

  // Of the current transaction.
  Field field = Field::kOther;
  unsigned fields_seen = 0;
  std::array<char, 64> hash_text{};
  std::size_t hash_size = 0;
  char half_byte = 0;  ///< a hex digit whose partner has not arrived
  std::size_t data_begin = 0;

  void start(std::size_t expected_bytes) {
    stack.reset();
    transactions = {};
    transactions.data.reserve(std::min(expected_bytes, chain::kMaxBlockBytes));
    failure.reset();
    depth = 0;
    for (auto& keys_of_object : seen)
      keys_of_object.clear();
    for (auto& current : keys)
      current.clear();
    in_transactions = false;
    key.clear();
    other_bytes = 0;
    other_values = 0;
  }

  bool refuse(Errc code, std::string detail, error_code& error) {
    if (!failure) failure = fail(code, std::move(detail));
    error = make_error_code(code);
    return false;
  }

  bool refuse_field(std::string_view what, error_code& error) {
    return refuse(Errc::kMalformed,
                  fmt::format("getblocktemplate: field '{}' of transaction {} {}", name_of(field),
                              transactions.rows.size(), what),
                  error);
  }

  /// One more value outside the transactions.
  bool count(std::size_t bytes, error_code& error) {
    other_bytes += bytes;
    ++other_values;
    if (other_bytes > kMaxOtherBytes || other_values > kMaxOtherValues) {
      return refuse(Errc::kTooLarge, "getblocktemplate: too much data outside the transactions", error);
    }
    return true;
  }

  /// A value that is no string and no container arrives where transactions are.
  bool odd_value(std::string_view what, error_code& error) {
    if (depth == 3) {
      return refuse(Errc::kMalformed,
                    fmt::format("getblocktemplate: transaction {} is not an object", transactions.rows.size()), error);
    }
    if (depth == 4 && field != Field::kOther) return refuse_field(what, error);
    return true;
  }

  bool on_document_begin(error_code& /*error*/) { return true; }
  bool on_document_end(error_code& /*error*/) { return true; }

  bool on_object_begin(error_code& error) {
    if (in_transactions) {
      if (depth == 3) {
        begin_transaction();
        if (transactions.rows.size() >= kMaxTemplateTransactions) {
          return refuse(Errc::kTooLarge, "getblocktemplate: more transactions than a block can hold", error);
        }
      } else if (!odd_value("is an object", error)) {
        return false;
      }
    } else if (!count(0, error)) {
      return false;
    }
    ++depth;
    return true;
  }

  bool on_object_end(std::size_t size, error_code& error) {
    --depth;
    if (in_transactions) return depth != 3 || end_transaction(error);
    stack.push_object(size);
    return true;
  }

  bool on_array_begin(error_code& error) {
    if (in_transactions) {
      if (!odd_value("is an array", error)) return false;
    } else {
      if (!count(0, error)) return false;
      in_transactions = depth == 2 && keys[1] == "result" && keys[2] == "transactions";
    }
    ++depth;
    return true;
  }

  bool on_array_end(std::size_t size, error_code& /*error*/) {
    --depth;
    if (in_transactions && depth == 2) {
      in_transactions = false;
      stack.push_array(0);
    } else if (!in_transactions) {
      stack.push_array(size);
    }
    return true;
  }

  bool on_key_part(std::string_view part, std::size_t /*size*/, error_code& /*error*/) {
    key.append(part);
    return true;
  }

  bool on_key(std::string_view part, std::size_t /*size*/, error_code& error) {
    key.append(part);
    if (in_transactions) {
      if (depth == 4) {
        field = field_of(key);
        const unsigned bit = 1U << static_cast<unsigned>(field);
        if (field != Field::kOther && (fields_seen & bit) != 0) return refuse_field("occurs twice", error);
        fields_seen |= bit;
        hash_size = 0;
      }
      key.clear();
      return true;
    }
    if (!count(key.size(), error)) return false;
    if (depth < keys.size()) {
      if (!seen[depth].insert(key).second) {
        return refuse(Errc::kMalformed, fmt::format("getblocktemplate: field '{}' occurs twice", key), error);
      }
      keys[depth] = key;
    }
    stack.push_key(key);
    key.clear();
    return true;
  }

  bool on_string_part(std::string_view part, std::size_t /*size*/, error_code& error) {
    if (in_transactions) return transaction_text(part, false, error);
    stack.push_chars(part);
    return count(part.size(), error);
  }

  bool on_string(std::string_view part, std::size_t /*size*/, error_code& error) {
    if (in_transactions) return transaction_text(part, true, error);
    stack.push_string(part);
    return count(part.size(), error);
  }

  bool on_number_part(std::string_view /*text*/, error_code& /*error*/) { return true; }

  bool on_int64(std::int64_t number, std::string_view /*text*/, error_code& error) {
    if (in_transactions) return transaction_number(number, error);
    stack.push_int64(number);
    return count(8, error);
  }

  bool on_uint64(std::uint64_t number, std::string_view /*text*/, error_code& error) {
    if (in_transactions) return transaction_number(-1, error);
    stack.push_uint64(number);
    return count(8, error);
  }

  bool on_double(double number, std::string_view /*text*/, error_code& error) {
    if (in_transactions) return odd_value("is not a whole number", error);
    stack.push_double(number);
    return count(8, error);
  }

  bool on_bool(bool value, error_code& error) {
    if (in_transactions) return odd_value("is a boolean", error);
    stack.push_bool(value);
    return count(1, error);
  }

  bool on_null(error_code& error) {
    if (in_transactions) return odd_value("is null", error);
    stack.push_null();
    return count(1, error);
  }

  bool on_comment_part(std::string_view /*text*/, error_code& /*error*/) { return true; }
  bool on_comment(std::string_view /*text*/, error_code& /*error*/) { return true; }

  void begin_transaction() {
    field = Field::kOther;
    fields_seen = 0;
    hash_size = 0;
    half_byte = 0;
    data_begin = transactions.data.size();
    transactions.txids.emplace_back();
    transactions.wtxids.emplace_back();
    transactions.rows.emplace_back();
  }

  bool end_transaction(error_code& error) {
    for (const Field needed : {Field::kData, Field::kTxid, Field::kHash}) {
      field = needed;
      if ((fields_seen & (1U << static_cast<unsigned>(needed))) == 0) return refuse_row(needed, error);
    }
    return true;
  }

  bool refuse_row(Field missing, error_code& error) {
    return refuse(Errc::kMalformed,
                  fmt::format("getblocktemplate: field '{}' of transaction {} is missing", name_of(missing),
                              transactions.rows.size() - 1),
                  error);
  }

  bool transaction_number(std::int64_t number, error_code& error) {
    if (depth == 4 && (field == Field::kWeight || field == Field::kSigops)) {
      if (number < 0 || number > static_cast<std::int64_t>(chain::kMaxBlockWeight)) {
        return refuse_field("is out of range", error);
      }
      auto& row = transactions.rows.back();
      (field == Field::kWeight ? row.weight : row.sigops) = static_cast<std::uint32_t>(number);
      return true;
    }
    return odd_value("is a number", error);
  }

  bool transaction_text(std::string_view part, bool last, error_code& error) {
    if (depth != 4) return depth != 3 || odd_value("", error);
    switch (field) {
      case Field::kData:
        return transaction_data(part, last, error);
      case Field::kTxid:
        return transaction_hash(part, last, transactions.txids.back(), error);
      case Field::kHash:
        return transaction_hash(part, last, transactions.wtxids.back(), error);
      case Field::kWeight:
      case Field::kSigops:
        return refuse_field("is not a number", error);
      case Field::kOther:
        break;
    }
    return true;
  }

  bool transaction_hash(std::string_view part, bool last, chain::Hash256& hash, error_code& error) {
    if (last && hash_size == 0) return decode_hash(part, hash, error);
    if (part.size() > hash_text.size() - hash_size) return refuse_field("is not 64 hex digits", error);
    std::copy(part.begin(), part.end(), hash_text.begin() + static_cast<std::ptrdiff_t>(hash_size));
    hash_size += part.size();
    return !last || decode_hash({hash_text.data(), hash_size}, hash, error);
  }

  bool decode_hash(std::string_view text, chain::Hash256& hash, error_code& error) {
    if (!from_hex_into(text, hash.bytes)) return refuse_field("is not 64 hex digits", error);
    std::reverse(hash.bytes.begin(), hash.bytes.end());
    return true;
  }

  bool transaction_data(std::string_view part, bool last, error_code& error) {
    Bytes& data = transactions.data;
    if (half_byte != 0 && !part.empty()) {
      const std::array<char, 2> digits{half_byte, part.front()};
      half_byte = 0;
      part.remove_prefix(1);
      if (!decode_data({digits.data(), digits.size()}, error)) return false;
    }
    if (part.size() % 2 != 0) {
      half_byte = part.back();
      part.remove_suffix(1);
    }
    if (!decode_data(part, error)) return false;
    if (!last) return true;
    if (half_byte != 0) return refuse_field("has an odd number of hex digits", error);
    if (data.size() == data_begin) return refuse_field("is empty", error);
    transactions.rows.back().size = static_cast<std::uint32_t>(data.size() - data_begin);
    return true;
  }

  bool decode_data(std::string_view digits, error_code& error) {
    Bytes& data = transactions.data;
    const std::size_t old_size = data.size();
    if (digits.size() / 2 > chain::kMaxBlockBytes - old_size) {
      return refuse(Errc::kTooLarge, "getblocktemplate: the transactions have more bytes than a block can hold", error);
    }
    data.resize(old_size + digits.size() / 2);
    if (!from_hex_into(digits, std::span(data).subspan(old_size))) {
      return refuse_field("has a character that is not a hex digit", error);
    }
    return true;
  }
};

struct TemplateStream::State {
  static json::parse_options options() {
    json::parse_options parse_options;
    parse_options.max_depth = kMaxJsonDepth;
    return parse_options;
  }

  json::basic_parser<Handler> parser{options()};
  std::size_t expected_bytes = 0;  ///< of transaction data, from the reply before
};

TemplateStream::TemplateStream() : state_(std::make_unique<State>()) {
  reset();
}
TemplateStream::~TemplateStream() = default;

void TemplateStream::reset() {
  state_->parser.reset();
  state_->parser.handler().start(state_->expected_bytes);
}

Result<void> TemplateStream::write(std::string_view piece) {
  boost::system::error_code error;
  const std::size_t used = state_->parser.write_some(true, piece.data(), piece.size(), error);
  if (!error && used < piece.size() && piece.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos) {
    error = json::make_error_code(json::error::extra_data);
  }
  if (!error) return {};
  if (state_->parser.handler().failure) return *state_->parser.handler().failure;
  return not_json(piece, error);
}

Result<json::value> TemplateStream::finish() {
  boost::system::error_code error;
  if (!state_->parser.done()) state_->parser.write_some(false, nullptr, 0, error);
  if (!error && !state_->parser.done()) error = json::make_error_code(json::error::incomplete);
  if (error) return not_json({}, error);
  return state_->parser.handler().stack.release();
}

TemplateTransactions TemplateStream::take_transactions() {
  TemplateTransactions taken = std::move(state_->parser.handler().transactions);
  state_->parser.handler().transactions = {};
  state_->expected_bytes = taken.data.size() + taken.data.size() / 4;
  return taken;
}

}  // namespace lode::node
