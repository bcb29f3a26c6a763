#include "stratum/v1/line_splitter.h"

#include <fmt/format.h>

#include <algorithm>

namespace lode::stratum::v1 {

void LineSplitter::write(std::string_view bytes) {
  if (failed_) return;
  buffer_.erase(0, begin_);
  scanned_ -= std::min(scanned_, begin_);
  begin_ = 0;
  // A buffer that once held a huge line is given back when it is empty.
  if (buffer_.empty() && buffer_.capacity() > (std::size_t{1} << 20)) std::string().swap(buffer_);
  buffer_.append(bytes);
}

Result<std::optional<std::string_view>> LineSplitter::next() {
  while (!failed_) {
    const std::size_t end = buffer_.find('\n', std::max(scanned_, begin_));
    const bool complete = end != std::string::npos;
    std::string_view line(buffer_);
    line = line.substr(begin_, (complete ? end : buffer_.size()) - begin_);
    if (complete && line.ends_with('\r')) line.remove_suffix(1);
    // The carriage return of a line that is exactly as long as allowed may have come already.
    if (line.size() > max_line_ + (complete ? 0 : 1)) {
      failed_ = true;
      break;
    }
    if (!complete) {
      scanned_ = buffer_.size();
      return std::optional<std::string_view>();
    }
    begin_ = end + 1;
    scanned_ = begin_;
    if (!line.empty()) return std::optional<std::string_view>(line);
  }
  std::string().swap(buffer_);
  begin_ = scanned_ = 0;
  return fail(Errc::kTooLarge, fmt::format("the peer sent a line of more than {} bytes", max_line_));
}

}  // namespace lode::stratum::v1
