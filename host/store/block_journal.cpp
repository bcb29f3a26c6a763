#include "host/store/block_journal.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "host/chain/block.h"
#include "host/chain/header.h"
#include "host/chain/merkle.h"
#include "host/store/posix_file.h"

namespace lode::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 80;

chain::Hash256 hash_of(ByteView block) {
  return chain::sha256d(block.first(kHeaderBytes));
}

/// The block behind a file name, if the bytes are that block and whole: its previous block's hash.
Result<chain::Hash256> check_content(const BlockName& name, ByteView bytes) {
  if (bytes.size() < kHeaderBytes) return fail(Errc::kMalformed, "shorter than a header");
  if (hash_of(bytes) != name.hash) return fail(Errc::kMalformed, "its header has another hash than its name says");
  const auto block = chain::Block::parse(bytes);
  if (!block) return block.error();
  std::vector<chain::Hash256> txids;
  txids.reserve(block->transactions.size());
  for (const chain::Transaction& transaction : block->transactions)
    txids.push_back(transaction.txid());
  if (chain::merkle_root(txids) != block->header.merkle_root) {
    return fail(Errc::kMalformed, "its transactions do not match its header");
  }
  return block->header.previous_block;
}

/// The entries of a folder, without what vanishes meanwhile.
Result<std::vector<fs::path>> list_folder(const fs::path& folder) {
  std::error_code code;
  fs::directory_iterator it(folder, code);
  std::vector<fs::path> entries;
  for (; !code && it != fs::directory_iterator(); it.increment(code))
    entries.push_back(it->path());
  if (code) return fail(Errc::kStore, "cannot list " + folder.string() + ": " + code.message());
  return entries;
}

Result<void> rename_file(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return system_error("cannot rename", from);
  return {};
}

/// A writer that may still be at it. A process of our own number is an earlier one: containers start all at the same.
bool is_alive(std::int64_t pid) noexcept {
  if (pid == ::getpid()) return false;
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

/// How long a block's answer is awaited before the disk is made to work: a node that takes a block at once, block after
/// block, would else be held up by the file system, which writes no name while it brings another to the disk.
constexpr std::chrono::milliseconds kSyncDelay{5};

}  // namespace

BlockJournal::BlockJournal(fs::path folder, Log log)
    : folder_(std::move(folder)),
      pending_(folder_ / "pending"),
      resolved_(folder_ / "resolved"),
      damaged_(folder_ / "damaged"),
      log_(std::move(log)),
      reserve_(folder_ / "reserve", kReserve),
      accepted_(folder_ / "accepted") {}

Result<std::unique_ptr<BlockJournal>> BlockJournal::open(const fs::path& folder, Log log) {
  // fs::absolute only fails where the current folder is gone; then the relative path is as good.
  std::error_code code;
  fs::path absolute = fs::absolute(folder, code);
  if (code) absolute = folder;
  std::unique_ptr<BlockJournal> journal(new BlockJournal(std::move(absolute), std::move(log)));

  if (auto made = make_private_folders(journal->folder_); !made) return made.error();
  if (auto made = journal->make_folders(); !made) return made.error();
  const fs::path probe = journal->pending_ / (".probe." + std::to_string(::getpid()));
  if (auto tried = write_file(probe, Bytes{0}); !tried) return tried.error();
  fs::remove(probe, code);

  if (const auto reserved = journal->reserve_.take(); !reserved) {
    journal->log_.warn("a block that is found while the disk is full could be lost: {}", reserved.error().message());
  }
  journal->accepted_.load();
  journal->adopt_leftovers();
  for (const fs::path& made : {journal->pending_, journal->folder_, journal->folder_.parent_path()}) {
    if (auto synced = sync_to_disk(made); !synced) journal->log_.warn("{}", synced.error().message());
  }
  journal->syncer_ = std::thread([raw = journal.get()] { raw->sync_forever(); });
  return journal;
}

BlockJournal::~BlockJournal() {
  if (!syncer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  syncer_.join();
}

Result<void> BlockJournal::make_folders() const {
  for (const fs::path& folder : {folder_, pending_, resolved_, damaged_}) {
    if (auto made = make_private_folder(folder); !made) return made;
  }
  return {};
}

void BlockJournal::adopt_leftovers() {
  const auto entries = list_folder(pending_);
  if (!entries) return log_.warn("{}", entries.error().message());
  for (const fs::path& entry : *entries) {
    const std::string file_name = entry.filename().string();
    if (const auto name = parse_file_name(file_name)) {
      heights_.emplace(name->hash, name->height);
    } else if (const auto temporary = parse_temporary_name(file_name); temporary && !is_alive(temporary->pid)) {
      // Its record() never returned, so nobody relied on it. If it is whole, the block is worth having all the same.
      const auto bytes = read_regular_file(entry, kMaxBlockBytes);
      if (bytes && check_content(temporary->block, *bytes)) {
        if (rename_file(entry, pending_ / to_file_name(temporary->block))) {
          heights_.emplace(temporary->block.hash, temporary->block.height);
        }
      } else {
        move_aside(entry, "left half written by a process that ended");
      }
    }
  }
}

Result<void> BlockJournal::write_block(const BlockName& name, ByteView block) const {
  const fs::path temporary = pending_ / to_temporary_name(name, ::getpid());
  if (auto written = write_file(temporary, block); !written) return written;
  auto renamed = rename_file(temporary, pending_ / to_file_name(name));
  if (!renamed) ::unlink(temporary.c_str());
  return renamed;
}

Result<void> BlockJournal::record(const chain::Hash256& hash, std::uint32_t height, ByteView block) {
  if (block.size() > kMaxBlockBytes) return fail(Errc::kTooLarge, "journal: a block of more than 4 MB");
  if (block.size() < kHeaderBytes || hash_of(block) != hash) {
    return fail(Errc::kMalformed, "journal: these bytes are not the block " + hash.to_display());
  }
  const BlockName name{height, hash};
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    auto written = write_block(name, block);
    if (!written && make_folders()) written = write_block(name, block);  // somebody tidied up the folder
    if (!written && reserve_.release()) {
      log_.warn("{}: the reserved room is used", written.error().message());
      written = write_block(name, block);
    }
    if (!written) return fail(Errc::kStore, "journal: " + written.error().message());
    const auto [known, added] = heights_.emplace(hash, height);
    if (!added && known->second != height) {
      ::unlink((pending_ / to_file_name({known->second, hash})).c_str());
      known->second = height;
    }
    wake = unsynced_.empty();  // else the syncer will look by itself
    unsynced_.push_back({hash, std::chrono::steady_clock::now() + kSyncDelay});
    ++queued_;
  }
  if (wake) work_.notify_one();
  return {};
}

void BlockJournal::resolve(const chain::Hash256& hash, Resolution resolution) {
  const std::lock_guard lock(mutex_);
  const auto known = heights_.find(hash);
  if (known == heights_.end()) return;
  const BlockName name{known->second, hash};
  heights_.erase(known);
  const fs::path file = pending_ / to_file_name(name);
  if (resolution == Resolution::kAccepted) {
    if (!accepted_.adopt(file, name, std::chrono::system_clock::now()) && ::unlink(file.c_str()) != 0 &&
        errno != ENOENT) {
      log_.warn("{}; the block will be sent again at the next start", system_error("cannot remove", file).message());
    }
    static_cast<void>(reserve_.take());  // if it was used: there may be room again
    return;
  }
  if (auto moved = rename_file(file, resolved_ / file.filename()); !moved) {
    log_.warn("{}; the block will be sent again at the next start", moved.error().message());
  }
  drop_oldest(resolved_, kResolvedKept);
}

std::vector<BlockName> BlockJournal::accepted() {
  const std::lock_guard lock(mutex_);
  return accepted_.names();
}

Result<PendingBlock> BlockJournal::read_accepted(const BlockName& name) {
  const std::lock_guard lock(mutex_);
  auto bytes = accepted_.read(name, kMaxBlockBytes);
  if (!bytes) return bytes.error();
  const auto previous = check_content(name, *bytes);
  if (!previous) return previous.error();
  return PendingBlock{name.hash, *previous, name.height, std::make_shared<const Bytes>(*std::move(bytes))};
}

void BlockJournal::forget_accepted(const BlockName& name) {
  const std::lock_guard lock(mutex_);
  accepted_.forget(name);
}

void BlockJournal::note_tip(std::uint32_t height) {
  const std::lock_guard lock(mutex_);
  accepted_.forget_buried(height, std::chrono::system_clock::now());
}

Result<std::vector<PendingBlock>> BlockJournal::pending() {
  const std::lock_guard lock(mutex_);
  const auto entries = list_folder(pending_);
  if (!entries) return fail(Errc::kStore, "journal: " + entries.error().message());

  std::vector<BlockName> names;
  for (const fs::path& entry : *entries) {
    const std::string file_name = entry.filename().string();
    if (const auto name = parse_file_name(file_name)) {
      names.push_back(*name);
    } else if (!parse_temporary_name(file_name)) {  // those are being written, by whoever shares the folder
      move_aside(entry, "not the name of a block");
    }
  }
  std::sort(names.begin(), names.end(), [](const BlockName& a, const BlockName& b) { return a.height > b.height; });

  std::vector<PendingBlock> blocks;
  std::set<chain::Hash256> seen;
  std::size_t total = 0;
  for (const BlockName& name : names) {
    const fs::path file = pending_ / to_file_name(name);
    auto bytes = read_regular_file(file, kMaxBlockBytes);
    if (!bytes && bytes.error().is(Errc::kStore)) {  // nothing wrong with the block as far as we know
      log_.warn("{}", bytes.error().message());
      continue;
    }
    auto previous = bytes ? check_content(name, *bytes) : Result<chain::Hash256>(bytes.error());
    if (previous && !seen.insert(name.hash).second) previous = fail(Errc::kMalformed, "there is another file of it");
    if (!previous) {
      if (const auto known = heights_.find(name.hash); known != heights_.end() && known->second == name.height) {
        heights_.erase(known);
      }
      move_aside(file, previous.error().message());
      continue;
    }
    if (total + bytes->size() > kMaxPendingBytes) {
      log_.warn("more than {} MB of blocks are pending in {}; the oldest have to wait", kMaxPendingBytes >> 20,
                pending_.string());
      break;
    }
    total += bytes->size();
    heights_[name.hash] = name.height;
    blocks.push_back({name.hash, *previous, name.height, std::make_shared<const Bytes>(std::move(*bytes))});
  }
  std::reverse(blocks.begin(), blocks.end());
  return blocks;
}

void BlockJournal::move_aside(const fs::path& file, const std::string& why) const {
  fs::path to = damaged_ / file.filename();
  std::error_code code;
  for (std::size_t copy = 1; fs::exists(fs::symlink_status(to, code)) && copy <= kDamagedKept; ++copy) {
    to = damaged_ / (file.filename().string() + "." + std::to_string(copy));
  }
  if (auto moved = rename_file(file, to); !moved) {
    log_.warn("{} is no whole block ({}) and cannot be moved: {}", file.string(), why, moved.error().message());
    return;
  }
  log_.warn("{} is no whole block ({}); moved to {}", file.string(), why, to.string());
  drop_oldest(damaged_, kDamagedKept);
}

void BlockJournal::drop_oldest(const fs::path& folder, std::size_t keep) const {
  const auto entries = list_folder(folder);
  if (!entries || entries->size() <= keep) return;
  std::vector<std::pair<fs::file_time_type, fs::path>> by_age;
  for (const fs::path& entry : *entries) {
    std::error_code code;
    const auto written = fs::last_write_time(entry, code);
    by_age.emplace_back(code ? fs::file_time_type::min() : written, entry);
  }
  std::sort(by_age.begin(), by_age.end());
  for (const auto& [written, entry] : std::span(by_age).first(by_age.size() - keep))
    ::unlink(entry.c_str());
}

bool BlockJournal::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = queued_;
  ++flushing_;
  work_.notify_one();
  const bool done = progress_.wait_for(lock, limit, [&] { return synced_ >= wanted; });
  --flushing_;
  return done && !std::exchange(sync_failed_, false);
}

std::vector<fs::path> BlockJournal::take_unsynced(bool all, std::size_t& taken) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<fs::path> files;
  for (taken = 0; !unsynced_.empty(); ++taken) {
    const auto known = heights_.find(unsynced_.front().hash);
    if (known != heights_.end()) {
      if (!all && unsynced_.front().due > now) break;
      files.push_back(pending_ / to_file_name({known->second, known->first}));
    }
    unsynced_.pop_front();
  }
  return files;
}

void BlockJournal::sync_forever() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || !unsynced_.empty(); });
    if (unsynced_.empty()) return;
    const bool hurry = work_.wait_until(lock, unsynced_.front().due, [this] { return stopping_ || flushing_ > 0; });
    std::size_t taken = 0;
    const std::vector<fs::path> files = take_unsynced(hurry, taken);
    lock.unlock();
    bool failed = false;
    const auto sync = [&](const fs::path& path) {
      if (auto synced = sync_to_disk(path); !synced) {
        failed = true;
        log_.error("journal: {}", synced.error().message());
      }
    };
    for (const fs::path& file : files)
      sync(file);
    if (!files.empty()) sync(pending_);
    lock.lock();
    synced_ += taken;
    sync_failed_ = sync_failed_ || failed;
    progress_.notify_all();
  }
}

}  // namespace lode::store
