#include "host/chain/transaction.h"

#include <algorithm>
#include <limits>

#include "host/base/endian.h"
#include "host/chain/compact_size.h"
#include "host/chain/consensus.h"

namespace lode::chain {
namespace {

constexpr std::size_t kMinInputBytes = 41;  // outpoint, empty script, sequence
constexpr std::size_t kMinOutputBytes = 9;  // value, empty script
constexpr std::uint8_t kWitnessMarker = 0;
constexpr std::uint8_t kWitnessFlag = 1;
/// A count may be as large as the bytes that are left, but memory is only set aside for as many at once.
constexpr std::size_t kReserveAtOnce = 1024;

void append_sized(Bytes& to, const Bytes& bytes) {
  append_compact_size(to, bytes.size());
  append(to, bytes);
}

std::size_t sized_length(const Bytes& bytes) noexcept {
  return compact_size_length(bytes.size()) + bytes.size();
}

Bytes read_script(Reader& reader) {
  const ByteView view = read_sized_bytes(reader, std::numeric_limits<std::size_t>::max());
  return Bytes(view.begin(), view.end());
}

TxIn read_input(Reader& reader) {
  TxIn input;
  input.previous.txid = reader.hash();
  input.previous.index = reader.u32();
  input.script_sig = read_script(reader);
  input.sequence = reader.u32();
  return input;
}

TxOut read_output(Reader& reader) {
  TxOut output;
  output.value = reader.u64();
  output.script_pubkey = read_script(reader);
  return output;
}

template <class T>
std::vector<T> read_list(Reader& reader, std::size_t bytes_each, T (*read_one)(Reader&)) {
  std::vector<T> list;
  const std::size_t count = read_count(reader, bytes_each);
  list.reserve(std::min(count, kReserveAtOnce));
  for (std::size_t i = 0; i < count && reader.ok(); ++i)
    list.push_back(read_one(reader));
  return list;
}

}  // namespace

bool Transaction::has_witness() const noexcept {
  return std::any_of(inputs.begin(), inputs.end(), [](const TxIn& input) { return !input.witness.empty(); });
}

bool Transaction::is_coinbase() const noexcept {
  return inputs.size() == 1 && inputs[0].previous.is_null();
}

Bytes Transaction::serialize(WitnessForm form) const {
  Bytes bytes;
  bytes.reserve(serialized_size(form));
  serialize_to(bytes, form);
  return bytes;
}

void Transaction::serialize_to(Bytes& to, WitnessForm form) const {
  const bool with_witness = form == WitnessForm::kWith && has_witness();
  append(to, le_bytes(version));
  if (with_witness) {
    to.push_back(kWitnessMarker);
    to.push_back(kWitnessFlag);
  }
  append_compact_size(to, inputs.size());
  for (const TxIn& input : inputs) {
    append(to, input.previous.txid.bytes);
    append(to, le_bytes(input.previous.index));
    append_sized(to, input.script_sig);
    append(to, le_bytes(input.sequence));
  }
  append_compact_size(to, outputs.size());
  for (const TxOut& output : outputs) {
    append(to, le_bytes(output.value));
    append_sized(to, output.script_pubkey);
  }
  if (with_witness) {
    for (const TxIn& input : inputs) {
      append_compact_size(to, input.witness.size());
      for (const Bytes& item : input.witness)
        append_sized(to, item);
    }
  }
  append(to, le_bytes(lock_time));
}

std::size_t Transaction::serialized_size(WitnessForm form) const noexcept {
  const bool with_witness = form == WitnessForm::kWith && has_witness();
  std::size_t size = 8 + compact_size_length(inputs.size()) + compact_size_length(outputs.size());
  for (const TxIn& input : inputs)
    size += 40 + sized_length(input.script_sig);
  for (const TxOut& output : outputs)
    size += 8 + sized_length(output.script_pubkey);
  if (with_witness) {
    size += 2;
    for (const TxIn& input : inputs) {
      size += compact_size_length(input.witness.size());
      for (const Bytes& item : input.witness)
        size += sized_length(item);
    }
  }
  return size;
}

Hash256 Transaction::txid() const {
  return sha256d(serialize(WitnessForm::kWithout));
}

Hash256 Transaction::wtxid() const {
  return sha256d(serialize(WitnessForm::kWith));
}

std::size_t Transaction::weight() const noexcept {
  return (kWitnessScale - 1) * serialized_size(WitnessForm::kWithout) + serialized_size(WitnessForm::kWith);
}

Result<Transaction> Transaction::parse(Reader& reader) {
  Transaction transaction;
  transaction.version = reader.u32();
  // A marker byte of zero stands where the number of inputs would: no transaction without inputs is valid. Zero
  // followed by zero is one without inputs and outputs, which parses and breaks a rule of check.h.
  const bool with_witness = reader.remaining() >= 2 && reader.peek(0) == kWitnessMarker && reader.peek(1) != 0;
  if (with_witness) {
    reader.bytes(1);
    if (reader.u8() != kWitnessFlag) reader.fail("unknown transaction flag, only 1 (witness) is known");
  }
  transaction.inputs = read_list<TxIn>(reader, kMinInputBytes, read_input);
  transaction.outputs = read_list<TxOut>(reader, kMinOutputBytes, read_output);
  if (with_witness) {
    for (TxIn& input : transaction.inputs)
      input.witness = read_list<Bytes>(reader, 1, read_script);
    if (reader.ok() && !transaction.has_witness()) reader.fail("flagged to have a witness, but all are empty");
  }
  transaction.lock_time = reader.u32();
  if (!reader.ok()) return reader.error();
  return transaction;
}

Result<Transaction> Transaction::parse(ByteView bytes) {
  Reader reader(bytes);
  auto transaction = parse(reader);
  if (transaction && reader.remaining() != 0) {
    reader.fail("bytes after the end of the transaction");
    return reader.error();
  }
  return transaction;
}

}  // namespace lode::chain
