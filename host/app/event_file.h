// The file or pipe that --events names: one JSON line an event, written at once.
//
// Io thread. A full disk or a reader that went away is told once and never stops mining.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>

#include "host/app/fd_writer.h"
#include "host/base/log.h"
#include "host/base/result.h"

namespace lode::app {

class EventFile {
 public:
  /// Appends to `path`, made if need be; "-" is standard output. Errors: kStore naming the path and what the system
  /// says.
  static Result<std::unique_ptr<EventFile>> open(const std::string& path, const Log& log);
  /// Writes what waits (two seconds at the most).
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  void write(const boost::json::object& event);

 private:
  EventFile(int fd, bool owned, const std::string& path, const Log& log);

  int fd_;
  bool owned_;
  std::unique_ptr<FdWriter> writer_;
};

}  // namespace lode::app
