// The few file operations that a state folder needs, with every error as a sentence: path and what the system said.
//
// Stateless; any thread.
#pragma once

#include <cstddef>
#include <filesystem>

#include "host/base/bytes.h"
#include "host/base/result.h"

namespace lode::store {

/// `doing` "cannot write" and `path`, followed by the text of the current errno. Code kStore.
Error system_error(const char* doing, const std::filesystem::path& path);

/// Makes the folder (mode 0700) unless it is there. Its parent must exist. Errors: kStore.
Result<void> make_private_folder(const std::filesystem::path& folder);

/// The same, and before it its parents, with the user's usual mode.
Result<void> make_private_folders(const std::filesystem::path& folder);

/// Creates or replaces a file (mode 0600) with `content`, which is in the page cache on return: it outlives the
/// process, and the machine once sync_to_disk() was called. A file that could not be written whole is removed. Errors:
/// kStore.
Result<void> write_file(const std::filesystem::path& path, ByteView content);

/// The same, but whoever reads `path` meanwhile, and whatever goes wrong, finds the old content or the new, whole. For
/// what can be made anew: the end of the machine may take both. Errors: kStore.
Result<void> replace_file(const std::filesystem::path& path, ByteView content);

/// Adds `content` to the end of a regular file. A path that is gone is no error. Errors: kStore.
Result<void> append_to_file(const std::filesystem::path& path, ByteView content);

/// Makes a file (mode 0600) of `bytes` zeros unless it is there, and has the file system reserve room for all of them.
/// A file that cannot have it is removed. Errors: kStore.
Result<void> allocate_file(const std::filesystem::path& path, std::size_t bytes);

/// Reads a regular file of at most `max_bytes`; symbolic links are not followed, devices and pipes not opened.
/// Errors: kTooLarge, kMalformed (no regular file), kStore.
Result<Bytes> read_regular_file(const std::filesystem::path& path, std::size_t max_bytes);

/// fsync of a file or a folder. A path that is gone is no error. Errors: kStore.
Result<void> sync_to_disk(const std::filesystem::path& path);

}  // namespace lode::store
