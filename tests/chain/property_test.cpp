// Properties that hold for all inputs, tried on random ones.
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "host/base/hex.h"
#include "host/chain/address.h"
#include "host/chain/base58.h"
#include "host/chain/block.h"
#include "host/chain/compact_size.h"
#include "host/chain/header.h"
#include "host/chain/merkle.h"
#include "host/chain/script.h"
#include "host/chain/target.h"
#include "host/chain/wide_uint.h"

namespace lode::chain {
namespace {

using Bytes32 = std::array<std::uint8_t, 32>;

struct FreeBigNumber {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
using BigNumber = std::unique_ptr<BIGNUM, FreeBigNumber>;

BigNumber big_number(const Bytes32& le) {
  return BigNumber(BN_lebin2bn(le.data(), static_cast<int>(le.size()), nullptr));
}
BigNumber big_number(std::uint64_t value) {
  const auto bytes = le_bytes(value);
  return BigNumber(BN_lebin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

/// floor(target * numerator / denominator) by OpenSSL, at most 2^256-1.
Bytes32 scaled_by_openssl(const Bytes32& target, std::uint64_t numerator, std::uint64_t denominator) {
  const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), &BN_CTX_free);
  const BigNumber product(BN_new());
  const BigNumber quotient(BN_new());
  BN_mul(product.get(), big_number(target).get(), big_number(numerator).get(), context.get());
  BN_div(quotient.get(), nullptr, product.get(), big_number(denominator).get(), context.get());
  Bytes32 out{};
  if (BN_num_bits(quotient.get()) > 256) {
    out.fill(0xff);
  } else {
    BN_bn2lebinpad(quotient.get(), out.data(), static_cast<int>(out.size()));
  }
  return out;
}

Bytes hex_of(std::string_view text) {
  return from_hex(text, text.size()).value();
}

/// 32 bytes of which the upper ones are often zero, as those of targets are.
Bytes32 arbitrary_number() {
  const auto length = *rc::gen::inRange<std::size_t>(0, 33);
  const auto bytes = *rc::gen::container<Bytes>(length, rc::gen::arbitrary<std::uint8_t>());
  Bytes32 number{};
  std::copy(bytes.begin(), bytes.end(), number.begin());
  return number;
}

Bytes arbitrary_bytes(std::size_t max_size) {
  return *rc::gen::container<Bytes>(*rc::gen::inRange<std::size_t>(0, max_size + 1),
                                    rc::gen::arbitrary<std::uint8_t>());
}

Transaction arbitrary_transaction() {
  Transaction tx;
  tx.version = *rc::gen::arbitrary<std::uint32_t>();
  tx.lock_time = *rc::gen::arbitrary<std::uint32_t>();
  tx.inputs.resize(*rc::gen::inRange<std::size_t>(1, 4));
  for (TxIn& input : tx.inputs) {
    input.previous = {sha256(arbitrary_bytes(4)), *rc::gen::arbitrary<std::uint32_t>()};
    input.script_sig = arbitrary_bytes(300);
    input.sequence = *rc::gen::arbitrary<std::uint32_t>();
    input.witness.resize(*rc::gen::inRange<std::size_t>(0, 3));
    for (Bytes& item : input.witness)
      item = arbitrary_bytes(20);
  }
  tx.outputs.resize(*rc::gen::inRange<std::size_t>(0, 4));
  for (TxOut& output : tx.outputs)
    output = {*rc::gen::arbitrary<std::uint64_t>(), arbitrary_bytes(40)};
  return tx;
}

RC_GTEST_PROP(TargetProperty, ScaledAgreesWithOpenSsl, (std::uint64_t numerator, std::uint64_t denominator)) {
  RC_PRE(denominator != 0);
  const Bytes32 number = arbitrary_number();
  RC_ASSERT(Target::scaled(Target::from_le_bytes(number), numerator, denominator).le_bytes() ==
            scaled_by_openssl(number, numerator, denominator));
}

RC_GTEST_PROP(TargetProperty, WholeDifficultyAgreesWithOpenSsl, (std::uint64_t difficulty)) {
  RC_PRE(difficulty != 0);
  RC_ASSERT(Target::from_difficulty(std::to_string(difficulty)).value().le_bytes() ==
            scaled_by_openssl(Target::difficulty_one().le_bytes(), 1, difficulty));
}

RC_GTEST_PROP(TargetProperty, DifficultyReadsBack, (std::uint32_t mantissa)) {
  RC_PRE(mantissa != 0U);
  const double difficulty = mantissa * std::pow(10.0, *rc::gen::inRange(-9, 20));
  const double again = Target::from_difficulty(difficulty).value().difficulty();
  RC_ASSERT(std::abs(again - difficulty) <= difficulty * 1e-14);
}

RC_GTEST_PROP(TargetProperty, BitsOfAnExpandedTargetExpandToIt, ()) {
  const auto size = *rc::gen::inRange<std::uint32_t>(3, 33);
  const auto mantissa = *rc::gen::inRange<std::uint32_t>(1, 0x800000);
  const auto target = Target::from_bits((size << 24) | mantissa);
  RC_ASSERT(target.has_value());
  RC_ASSERT(Target::from_bits(target->to_bits()).value() == *target);
}

RC_GTEST_PROP(TargetProperty, BitsRoundDown, ()) {
  const Target target = Target::from_le_bytes(arbitrary_number());
  RC_PRE(target != Target());
  const Target rounded = Target::from_bits(target.to_bits()).value();
  RC_ASSERT(rounded <= target);
  RC_ASSERT(rounded.to_bits() == target.to_bits());
  RC_ASSERT(rounded.difficulty() <= target.difficulty() * (1 + 1.0 / 0x7fff));
}

RC_GTEST_PROP(TargetProperty, TopWordDecidesBeforeTheRest, ()) {
  const Target target = Target::from_le_bytes(arbitrary_number());
  const Target other = Target::from_le_bytes(arbitrary_number());
  if (other.top_word() < target.top_word()) RC_ASSERT(target.is_met_by(Hash256{other.le_bytes()}));
  if (other.top_word() > target.top_word()) RC_ASSERT(!target.is_met_by(Hash256{other.le_bytes()}));
}

RC_GTEST_PROP(TargetProperty, AnyTextIsATargetOrAnError, (const std::string& text)) {
  const auto target = Target::from_difficulty(text);
  RC_ASSERT(target.has_value() || target.error().is(Errc::kMalformed) || target.error().is(Errc::kOutOfRange));
}

RC_GTEST_PROP(HeaderProperty, ParseIsTheInverseOfSerialize,
              (std::uint32_t version, std::uint32_t time, std::uint32_t bits, std::uint32_t nonce)) {
  const Header header{version, Hash256{arbitrary_number()}, Hash256{arbitrary_number()}, time, bits, nonce};
  RC_ASSERT(Header::parse(header.serialize()) == header);
}

RC_GTEST_PROP(CompactSizeProperty, ReadsWhatWasWritten, (std::uint64_t value, std::uint8_t shift)) {
  value >>= shift % 64;
  Bytes bytes;
  append_compact_size(bytes, value);
  Reader reader(bytes);
  RC_ASSERT(read_compact_size(reader) == value);
  RC_ASSERT(reader.ok());
  RC_ASSERT(reader.remaining() == 0U);
}

RC_GTEST_PROP(TransactionProperty, ParseIsTheInverseOfSerialize, ()) {
  const Transaction tx = arbitrary_transaction();
  const Bytes bytes = tx.serialize();
  RC_ASSERT(bytes.size() == tx.serialized_size());
  RC_ASSERT(Transaction::parse(bytes).value() == tx);
  RC_ASSERT(tx.weight() == 3 * tx.serialize(WitnessForm::kWithout).size() + bytes.size());
}

RC_GTEST_PROP(TransactionProperty, AnyTruncationIsAnError, ()) {
  const Bytes bytes = arbitrary_transaction().serialize();
  const auto length = *rc::gen::inRange<std::size_t>(0, bytes.size());
  RC_ASSERT(!Transaction::parse(ByteView(bytes).first(length)));
}

RC_GTEST_PROP(MerkleProperty, BranchAndTreeAgree, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 300);
  std::vector<Hash256> leaves;
  for (std::size_t i = 0; i < count; ++i)
    leaves.push_back(sha256(le_bytes(static_cast<std::uint64_t>(i))));
  const auto branch = coinbase_branch(std::span(leaves).subspan(1));
  RC_ASSERT(root_from_branch(leaves[0], branch) == merkle_root(leaves));
  RC_ASSERT(!merkle_tree(leaves).mutated);
}

RC_GTEST_PROP(ScriptProperty, HeightsPushTheirOwnNumber, ()) {
  const auto height = *rc::gen::inRange<std::uint32_t>(17, 0xffffffff) >> *rc::gen::inRange(0, 28);
  RC_PRE(height > 16U);
  const Bytes push = height_push(height);
  RC_ASSERT(push[0] == push.size() - 1);
  RC_ASSERT((push.back() & 0x80) == 0);
  RC_ASSERT(push.back() != 0 || (push[push.size() - 2] & 0x80) != 0);  // no shorter form
  std::uint64_t number = 0;
  for (std::size_t i = push.size(); i-- > 1;)
    number = (number << 8) | push[i];
  RC_ASSERT(number == height);
}

RC_GTEST_PROP(ScriptProperty, PushedDataIsNeverCounted, ()) {
  Bytes script;
  append_push(script, Bytes(*rc::gen::inRange<std::size_t>(0, 600), opcode::kCheckMultiSig));
  RC_ASSERT(count_sigops(script) == 0U);
  script.push_back(opcode::kCheckSig);
  RC_ASSERT(count_sigops(script) == 1U);
}

RC_GTEST_PROP(AddressProperty, EveryScriptWithAnAddressReadsBack, ()) {
  const Bytes hash = *rc::gen::container<Bytes>(32, rc::gen::arbitrary<std::uint8_t>());
  const ByteView hash20 = ByteView(hash).first(20);
  const std::pair<Bytes, Bytes> frames[] = {{hex_of("76a914"), hex_of("88ac")}, {hex_of("a914"), hex_of("87")}};
  std::vector<Bytes> scripts;
  for (const auto& [before, after] : frames) {
    Bytes script = before;
    append(script, hash20);
    append(script, after);
    scripts.push_back(script);
  }
  for (const std::uint8_t version : {std::uint8_t{0x00}, std::uint8_t{0x51}, std::uint8_t{0x60}}) {
    Bytes script{version};
    append_push(script, hash);
    scripts.push_back(script);
  }
  const auto network = *rc::gen::elementOf(std::vector<Network>(std::begin(kAllNetworks), std::end(kAllNetworks)));
  for (const Bytes& script : scripts) {
    const auto address = parse_address(encode_address(script, network).value()).value();
    RC_ASSERT(address.script == script);
    RC_ASSERT(address.networks.contains(network));
  }
}

RC_GTEST_PROP(Base58Property, ReadsWhatWasWritten, ()) {
  Bytes payload(*rc::gen::inRange<std::size_t>(0, 5), 0);
  append(payload, arbitrary_bytes(40));
  RC_ASSERT(parse_base58check(encode_base58check(payload), 45).value() == payload);
}

RC_GTEST_PROP(WideUintProperty, QuotientTimesDivisorIsCloseBelow, (std::uint32_t divisor)) {
  RC_PRE(divisor != 0U);
  const WideUint number = WideUint::from_le_bytes(arbitrary_number());
  WideUint product = number.divided_by(WideUint(divisor));
  product.multiply(divisor);
  RC_ASSERT(product <= number);
  product.add(WideUint(divisor));
  RC_ASSERT(product > number);
}

}  // namespace
}  // namespace lode::chain
