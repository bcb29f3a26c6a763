// What a kind of source is to the program, and the list of those that it is built with.
//
// To add one: write its file and give it one line in builtins.cpp. Start-up, main thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "host/base/log.h"
#include "host/base/result.h"
#include "host/work/sink.h"
#include "host/work/source.h"

namespace lode::app {

struct MineOptions;
struct SourceUrl;

/// A source of work together with the sink that takes its blocks; often one object.
struct OpenedSource {
  std::shared_ptr<work::WorkSource> source;
  std::shared_ptr<work::BlockSink> sink;
};

struct SourceScheme {
  std::string_view name;
  std::uint16_t default_port = 0;
  /// Null: known, but not supported yet. `url` has this scheme.
  Result<OpenedSource> (*open)(boost::asio::any_io_executor executor, const SourceUrl& url, const MineOptions& options,
                               const Log& log) = nullptr;
};

std::span<const SourceScheme> source_schemes();

}  // namespace lode::app
