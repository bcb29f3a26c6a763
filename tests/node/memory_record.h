// A record of left longpolls for tests, which outlives the sources that use it.
#pragma once

#include <optional>

#include "host/node/longpoll_record.h"

namespace lode::test {

class MemoryRecord final : public node::LongpollRecord {
 public:
  std::optional<node::OpenLongpoll> load() override { return open; }
  void save(const node::OpenLongpoll& what) override {
    open = what;
    ++saves;
  }
  void clear() override { open.reset(); }

  std::optional<node::OpenLongpoll> open;
  int saves = 0;
};

}  // namespace lode::test
