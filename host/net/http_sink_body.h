// How Beast's HTTP parser hands the body of a reply to an HttpReplyHandler, piece by piece and without storing it.
//
// Only http_connection.cpp includes this; a value lives as long as one reply is read.
#pragma once

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional/optional.hpp>
#include <functional>
#include <optional>

#include "host/net/http_connection.h"

namespace lode::net {

struct SinkBody {
  struct value_type {
    HttpReplyHandler* handler = nullptr;
    bool head_given = false;
    bool data_begun = false;       ///< something else than blanks, which keep a longpoll alive (BIP22)
    std::optional<Error> failure;  ///< what the handler said when it refused to go on
  };

  class reader {
   public:
    template <bool kIsRequest, class Fields>
    reader(boost::beast::http::header<kIsRequest, Fields>& header, value_type& value)
        : status_([&header] { return header.result_int(); }), value_(value) {}

    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      HttpReplyHead head{status_(), std::nullopt};
      if (length) head.content_length = *length;
      value_.head_given = true;
      note(value_.handler->on_head(head), error);
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      std::size_t size = 0;
      error = {};
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        const std::string_view piece(static_cast<const char*>(buffer.data()), buffer.size());
        value_.data_begun = value_.data_begun || piece.find_first_not_of(" \t\r\n") != std::string_view::npos;
        note(value_.handler->on_data(piece), error);
        if (error) break;
        size += buffer.size();
      }
      return size;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    void note(Result<void> taken, boost::system::error_code& error) {
      error = {};
      if (taken) return;
      value_.failure = taken.error();
      error = boost::beast::http::error::bad_value;  // stops the parser; the failure says why
    }

    std::function<unsigned()> status_;  ///< the header is read after this was made
    value_type& value_;
  };
};

}  // namespace lode::net
