#include "host/chain/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "host/chain/base58.h"
#include "host/chain/bech32.h"
#include "host/chain/script.h"

namespace lode::chain {
namespace {

constexpr std::size_t kMaxAddressLength = 90;  // bech32's limit; base58 addresses are shorter
constexpr std::size_t kHash160Size = 20;
constexpr std::size_t kMaxWitnessVersion = 16;

struct Base58Prefix {
  std::uint8_t version;
  AddressType type;
  NetworkSet networks;
};

constexpr std::array<Base58Prefix, 4> kBase58Prefixes{{
    {0x00, AddressType::kP2pkh, {Network::kMain}},
    {0x05, AddressType::kP2sh, {Network::kMain}},
    {0x6f, AddressType::kP2pkh, {Network::kTest, Network::kSignet, Network::kRegtest}},
    {0xc4, AddressType::kP2sh, {Network::kTest, Network::kSignet, Network::kRegtest}},
}};

struct SegwitPrefix {
  std::string_view text;
  NetworkSet networks;
};

constexpr std::array<SegwitPrefix, 3> kSegwitPrefixes{{
    {"bc", {Network::kMain}},
    {"tb", {Network::kTest, Network::kSignet}},
    {"bcrt", {Network::kRegtest}},
}};

/// Prefixes an error names: text from outside is quoted only where it is harmless.
std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text)
    shown += (c >= 0x20 && c <= 0x7e) ? c : '?';
  return shown;
}

const SegwitPrefix* find_segwit_prefix(std::string_view prefix) noexcept {
  const auto* const it = std::find_if(kSegwitPrefixes.begin(), kSegwitPrefixes.end(),
                                      [prefix](const SegwitPrefix& entry) { return entry.text == prefix; });
  return it == kSegwitPrefixes.end() ? nullptr : it;
}

/// Whether `text` begins like an address of ours in bech32, in either case.
bool looks_like_segwit(std::string_view text) {
  std::string begin(text.substr(0, 5));
  for (char& c : begin) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::any_of(kSegwitPrefixes.begin(), kSegwitPrefixes.end(), [&begin](const SegwitPrefix& entry) {
    return begin.starts_with(entry.text) && begin.size() > entry.text.size() && begin[entry.text.size()] == '1';
  });
}

Bytes hash_script(AddressType type, ByteView hash) {
  Bytes script;
  if (type == AddressType::kP2pkh) script.push_back(opcode::kDup);
  script.push_back(opcode::kHash160);
  append_push(script, hash);
  if (type == AddressType::kP2pkh) {
    script.push_back(opcode::kEqualVerify);
    script.push_back(opcode::kCheckSig);
  } else {
    script.push_back(opcode::kEqual);
  }
  return script;
}

/// A witness program's type; nothing for a length that its version does not allow (BIP141, BIP341).
std::optional<AddressType> witness_type(std::size_t version, std::size_t size) noexcept {
  if (size < 2 || size > 40) return std::nullopt;
  if (version == 0) {
    if (size == 20) return AddressType::kP2wpkh;
    if (size == 32) return AddressType::kP2wsh;
    return std::nullopt;
  }
  return version == 1 && size == 32 ? AddressType::kP2tr : AddressType::kFutureWitness;
}

Result<Address> bad_address(std::string_view text, std::string_view why) {
  return fail(Errc::kMalformed, fmt::format("address {}: {}", printable(text), why));
}

Result<Address> parse_segwit(std::string_view text, const Bech32Text& parsed) {
  const SegwitPrefix* const prefix = find_segwit_prefix(parsed.prefix);
  if (prefix == nullptr) {
    return bad_address(text, fmt::format("unknown prefix {}, expected bc, tb or bcrt", printable(parsed.prefix)));
  }
  if (parsed.values.empty()) return bad_address(text, "no witness version follows the prefix");
  const std::uint8_t version = parsed.values.front();
  if (version > kMaxWitnessVersion) {
    return bad_address(text, fmt::format("witness version {}, at most {} allowed", version, kMaxWitnessVersion));
  }
  if (version == 0 && parsed.kind != Bech32Kind::kBech32) {
    return bad_address(text, "encoded as bech32m, but witness version 0 takes bech32");
  }
  if (version != 0 && parsed.kind != Bech32Kind::kBech32m) {
    return bad_address(text, fmt::format("encoded as bech32, but witness version {} takes bech32m", version));
  }
  const auto program = from_five_bits(ByteView(parsed.values).subspan(1));
  if (!program) return bad_address(text, program.error().detail);
  const auto type = witness_type(version, program->size());
  if (!type) {
    return bad_address(text, fmt::format("witness program of {} bytes, version {} takes {}", program->size(), version,
                                         version == 0 ? "20 or 32" : "2 to 40"));
  }
  Address address;
  address.type = *type;
  address.networks = prefix->networks;
  address.script.push_back(version == 0 ? opcode::kZero : static_cast<std::uint8_t>(opcode::kOne - 1 + version));
  append_push(address.script, *program);
  return address;
}

Result<Address> parse_base58(std::string_view text, const Bytes& payload) {
  if (payload.size() != 1 + kHash160Size) {
    return bad_address(text, fmt::format("{} bytes, an address has {}", payload.size(), 1 + kHash160Size));
  }
  for (const Base58Prefix& prefix : kBase58Prefixes) {
    if (prefix.version != payload[0]) continue;
    return Address{hash_script(prefix.type, ByteView(payload).subspan(1)), prefix.type, prefix.networks};
  }
  return bad_address(text, fmt::format("unknown version byte {}: not a Bitcoin address", payload[0]));
}

struct WitnessProgram {
  std::uint8_t version;
  ByteView program;
};

/// Version and program of an output script that is one (BIP141: a small number and one push of 2 to 40 bytes).
std::optional<WitnessProgram> as_witness_program(ByteView script) noexcept {
  if (script.size() < 4 || script.size() > 42 || script[1] != script.size() - 2) return std::nullopt;
  if (script[0] == opcode::kZero) return WitnessProgram{0, script.subspan(2)};
  if (script[0] < opcode::kOne || script[0] > opcode::kSixteen) return std::nullopt;
  return WitnessProgram{static_cast<std::uint8_t>(script[0] - opcode::kOne + 1), script.subspan(2)};
}

/// The hash in a P2PKH or P2SH script.
std::optional<ByteView> hash_in_script(AddressType type, ByteView script) {
  const std::size_t offset = type == AddressType::kP2pkh ? 3 : 2;
  if (script.size() < offset + kHash160Size) return std::nullopt;
  const ByteView hash = script.subspan(offset, kHash160Size);
  const Bytes expected = hash_script(type, hash);
  if (!std::equal(script.begin(), script.end(), expected.begin(), expected.end())) return std::nullopt;
  return hash;
}

}  // namespace

std::string_view address_type_name(AddressType type) noexcept {
  switch (type) {
    case AddressType::kP2pkh:
      return "P2PKH";
    case AddressType::kP2sh:
      return "P2SH";
    case AddressType::kP2wpkh:
      return "P2WPKH";
    case AddressType::kP2wsh:
      return "P2WSH";
    case AddressType::kP2tr:
      return "P2TR";
    case AddressType::kFutureWitness:
      break;
  }
  return "unknown witness program";
}

Result<Address> parse_address(std::string_view text) {
  if (text.empty()) return fail(Errc::kMalformed, "address is empty");
  if (text.size() > kMaxAddressLength) {
    return fail(Errc::kMalformed,
                fmt::format("address of {} characters, at most {} allowed", text.size(), kMaxAddressLength));
  }
  const auto bech32 = parse_bech32(text);
  if (bech32) return parse_segwit(text, *bech32);
  if (looks_like_segwit(text)) return bad_address(text, bech32.error().detail);
  const auto payload = parse_base58check(text, 1 + kHash160Size);
  if (payload) return parse_base58(text, *payload);
  return bad_address(text, payload.error().detail);
}

Result<Bytes> payout_script_for(std::string_view address, Network network) {
  auto parsed = parse_address(address);
  if (!parsed) return parsed.error();
  if (!parsed->networks.contains(network)) {
    return fail(Errc::kOutOfRange, fmt::format("address {} is for {}, the node runs {}", address,
                                               parsed->networks.to_string(), network_name(network)));
  }
  if (parsed->type == AddressType::kFutureWitness) {
    return fail(
        Errc::kUnsupported,
        fmt::format("address {} pays to a witness version without rules yet: anyone could take the reward; use a "
                    "P2TR, P2WPKH, P2WSH, P2SH or P2PKH address",
                    address));
  }
  return std::move(parsed->script);
}

Result<std::string> encode_address(ByteView script, Network network) {
  for (const Base58Prefix& prefix : kBase58Prefixes) {
    if (!prefix.networks.contains(network)) continue;
    if (const auto hash = hash_in_script(prefix.type, script)) {
      Bytes payload{prefix.version};
      append(payload, *hash);
      return encode_base58check(payload);
    }
  }
  const auto program = as_witness_program(script);
  if (!program || !witness_type(program->version, program->program.size())) {
    return fail(Errc::kUnsupported, "there is no address for this script");
  }
  Bytes values{program->version};
  append(values, to_five_bits(program->program));
  for (const SegwitPrefix& prefix : kSegwitPrefixes) {
    if (!prefix.networks.contains(network)) continue;
    return encode_bech32(prefix.text, values, program->version == 0 ? Bech32Kind::kBech32 : Bech32Kind::kBech32m);
  }
  return fail(Errc::kUnsupported, "there is no address prefix for this network");
}

}  // namespace lode::chain
