// Addresses to output scripts and back: base58check (P2PKH, P2SH), bech32 (BIP173) and bech32m (BIP350).
//
// An address that is wrong in any way must never become a payout script, and the message must let its owner mend it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/base/bytes.h"
#include "host/base/result.h"
#include "host/chain/network.h"

namespace lode::chain {

enum class AddressType : std::uint8_t {
  kP2pkh,
  kP2sh,
  kP2wpkh,
  kP2wsh,
  kP2tr,
  kFutureWitness,  ///< a witness program no rule is known for yet: anyone could spend what is paid to it
};

/// "P2PKH", "P2SH", "P2WPKH", "P2WSH", "P2TR", "unknown witness program"
[[nodiscard]] std::string_view address_type_name(AddressType type) noexcept;

struct Address {
  Bytes script;  ///< the output script that pays to it
  AddressType type = AddressType::kP2pkh;
  NetworkSet networks;  ///< where it is valid: test networks share prefixes
};

/// Errors: kMalformed with what is wrong: checksum, bech32 where bech32m is due (and the reverse), mixed case, length,
/// unknown prefix, a character.
Result<Address> parse_address(std::string_view text);

/// The script to pay block rewards to, for a node on `network`. Errors: as parse_address; kOutOfRange when the address
/// is for another network; kUnsupported for a witness program without known rules.
Result<Bytes> payout_script_for(std::string_view address, Network network);

/// The address of `script` on `network`. Errors: kUnsupported when there is no address for such a script.
Result<std::string> encode_address(ByteView script, Network network);

}  // namespace lode::chain
