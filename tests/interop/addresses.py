"""Bitcoin addresses and the output scripts they stand for, written from BIP13, BIP173 and BIP350 independently of lode.

Used to ask lode for a payout and to check, in the block a real node accepted, that this script was paid.
"""

import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_CHECK = 1
_BECH32M_CHECK = 0x2BC830A3

# Address prefixes: P2PKH version byte, P2SH version byte, human-readable part of segwit addresses.
MAINNET = (0x00, 0x05, "bc")
TESTNET = (0x6F, 0xC4, "tb")
REGTEST = (0x6F, 0xC4, "bcrt")


def base58check(payload):
    full = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number = int.from_bytes(full, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(full) - len(full.lstrip(b"\0"))) + text


def _checksum(words):
    generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for bit, generator in enumerate(generators):
            if top >> bit & 1:
                check ^= generator
    return check


def segwit(prefix, version, program):
    bits = int.from_bytes(program, "big")
    length = len(program) * 8
    padding = -length % 5
    bits <<= padding
    words = [version] + [bits >> shift & 31 for shift in range(length + padding - 5, -1, -5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _checksum(expanded + words + [0] * 6) ^ (_BECH32_CHECK if version == 0 else _BECH32M_CHECK)
    words += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_BECH32[word] for word in words)


def payouts(network=REGTEST):
    """One address of each type on `network`: {type: (address, output script in hex)}."""
    pubkey_hash = bytes(range(1, 21))
    script_hash = bytes(range(21, 41))
    witness_hash = bytes(range(41, 73))
    # The x coordinate of secp256k1's generator: a taproot output key has to be a point on the curve.
    taproot_key = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    p2pkh, p2sh, prefix = network
    return {
        "P2PKH": (base58check(bytes([p2pkh]) + pubkey_hash), "76a914" + pubkey_hash.hex() + "88ac"),
        "P2SH": (base58check(bytes([p2sh]) + script_hash), "a914" + script_hash.hex() + "87"),
        "P2WPKH": (segwit(prefix, 0, pubkey_hash), "0014" + pubkey_hash.hex()),
        "P2WSH": (segwit(prefix, 0, witness_hash), "0020" + witness_hash.hex()),
        "P2TR": (segwit(prefix, 1, taproot_key), "5120" + taproot_key.hex()),
    }
