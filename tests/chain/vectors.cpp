#include "tests/chain/vectors.h"

#include <fstream>
#include <stdexcept>

#include "host/base/hex.h"

namespace lode::chain {
namespace {

std::vector<std::string> split(std::string_view line, std::size_t max_fields) {
  std::vector<std::string> fields;
  while (fields.size() + 1 < max_fields) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) break;
    fields.emplace_back(line.substr(0, space));
    line.remove_prefix(space + 1);
  }
  fields.emplace_back(line);
  return fields;
}

}  // namespace

std::vector<std::vector<std::string>> read_vectors(const std::string& file, std::size_t max_fields) {
  std::ifstream in(std::string(LODE_VECTORS_DIR "/") + file);
  std::vector<std::vector<std::string>> vectors;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') vectors.push_back(split(line, max_fields));
  }
  if (vectors.empty()) throw std::runtime_error("no test vectors in " + file);
  return vectors;
}

Bytes hex(std::string_view text) {
  return from_hex(text, text.size()).value();
}

std::vector<KnownBlock> known_blocks() {
  std::vector<KnownBlock> blocks;
  for (const auto& fields : read_vectors("blocks.txt", 4)) {
    blocks.push_back({fields.at(0), static_cast<std::uint32_t>(std::stoul(fields.at(1))),
                      Hash256::from_display(fields.at(2)).value(), hex(fields.at(3))});
  }
  return blocks;
}

KnownBlock known_block(std::string_view network, std::uint32_t height) {
  for (const KnownBlock& block : known_blocks()) {
    if (block.network == network && block.height == height) return block;
  }
  throw std::runtime_error("no such known block");
}

}  // namespace lode::chain
