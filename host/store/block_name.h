// The file name of a journalled block, `<height>-<hash>.block`: readable for a person, checkable against the content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/chain/hash256.h"

namespace lode::store {

struct BlockName {
  std::uint32_t height = 0;
  chain::Hash256 hash;

  friend bool operator==(const BlockName&, const BlockName&) = default;
};

std::string to_file_name(const BlockName& name);

/// Nothing unless `text` is exactly what to_file_name() gives for some block.
std::optional<BlockName> parse_file_name(std::string_view text);

/// A name under which process `pid` writes the block before it gets its real name.
std::string to_temporary_name(const BlockName& name, std::int64_t pid);

struct TemporaryName {
  BlockName block;
  std::int64_t pid = 0;  ///< of the writer
};

std::optional<TemporaryName> parse_temporary_name(std::string_view text);

}  // namespace lode::store
