#include "host/app/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <system_error>

#include "host/app/text.h"

namespace lode::app {

Result<std::unique_ptr<EventFile>> EventFile::open(const std::string& path, const Log& log) {
  if (path == "-") return std::unique_ptr<EventFile>(new EventFile(STDOUT_FILENO, false, "standard output", log));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) {
    return fail(Errc::kStore, "--events: " + printable(path) + ": " + std::generic_category().message(errno));
  }
  return std::unique_ptr<EventFile>(new EventFile(fd, true, path, log));
}

EventFile::EventFile(int fd, bool owned, const std::string& path, const Log& log) : fd_(fd), owned_(owned) {
  writer_ = std::make_unique<FdWriter>(fd, [path, log](const std::string& problem) {
    log.error("events to {} are incomplete: {}; mining goes on", path, problem);
  });
}

EventFile::~EventFile() {
  writer_.reset();
  if (owned_) ::close(fd_);
}

void EventFile::write(const boost::json::object& event) {
  writer_->write(boost::json::serialize(event) + "\n");
}

}  // namespace lode::app
