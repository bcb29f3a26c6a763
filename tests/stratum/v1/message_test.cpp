#include "stratum/v1/message.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace lode::stratum::v1 {
namespace {

Request request_of(std::string_view line) {
  auto message = parse_message(line);
  if (!message || !std::holds_alternative<Request>(*message)) {
    ADD_FAILURE() << line;
    return {};
  }
  return std::get<Request>(*message);
}

Reply reply_of(std::string_view line) {
  auto message = parse_message(line);
  if (!message || !std::holds_alternative<Reply>(*message)) {
    ADD_FAILURE() << line;
    return {};
  }
  return std::get<Reply>(*message);
}

TEST(Message, NotificationHasANullIdOrNone) {
  EXPECT_TRUE(request_of(R"({"id":null,"method":"mining.notify","params":[]})").is_notification());
  EXPECT_TRUE(request_of(R"({"method":"mining.notify"})").is_notification());
  EXPECT_FALSE(request_of(R"({"id":0,"method":"client.get_version","params":null})").is_notification());
}

TEST(Message, NullMethodBesideAResultIsAReply) {
  EXPECT_EQ(reply_of(R"({"id":3,"method":null,"result":true,"error":null})").id, 3);
}

TEST(Message, ReplyIdsMayBeTextOrWrittenWithAPoint) {
  EXPECT_EQ(reply_of(R"({"id":7,"result":true})").id, 7);
  EXPECT_EQ(reply_of(R"({"id":"7","result":true})").id, 7);
  EXPECT_EQ(reply_of(R"({"id":7.0,"result":true})").id, 7);
  EXPECT_FALSE(reply_of(R"({"id":"seven","result":true})").id);
  EXPECT_FALSE(reply_of(R"({"id":null,"result":true})").id);
  EXPECT_FALSE(reply_of(R"({"id":{"a":1},"result":true})").id);
}

struct ErrorShape {
  std::string_view json;
  bool is_error;
  std::int64_t code;
  std::string_view text;
};

TEST(Message, EveryShapeOfErrorIsRead) {
  const ErrorShape shapes[] = {
      {R"([23,"Low difficulty share",null])", true, 23, "Low difficulty share"},
      {R"([20,"incorrect size of extranonce2"])", true, 20, "incorrect size of extranonce2"},
      {R"([21])", true, 21, ""},
      {R"([])", false, 0, ""},
      {R"({})", false, 0, ""},
      {R"("")", false, 0, ""},
      {R"(["Unauthorized worker"])", true, 0, "Unauthorized worker"},
      {R"(["24","Unauthorized worker",null])", true, 24, "Unauthorized worker"},
      {R"({"code":-32601,"message":"Method not found"})", true, -32601, "Method not found"},
      {R"({"message":7})", true, 0, "7"},
      {R"("Job not found")", true, 0, "Job not found"},
      {R"(22)", true, 22, ""},
      {R"(true)", true, 0, ""},
      {R"(false)", false, 0, ""},
      {R"(null)", false, 0, ""},
  };
  for (const ErrorShape& shape : shapes) {
    const Reply reply = reply_of(R"({"id":1,"result":null,"error":)" + std::string(shape.json) + "}");
    ASSERT_EQ(reply.error.has_value(), shape.is_error) << shape.json;
    if (!shape.is_error) continue;
    EXPECT_EQ(reply.error->code, shape.code) << shape.json;
    EXPECT_EQ(reply.error->text, shape.text) << shape.json;
  }
}

TEST(Message, OnlyTrueWithoutAnErrorIsTrue) {
  EXPECT_TRUE(reply_of(R"({"id":1,"result":true,"error":null})").is_true());
  EXPECT_FALSE(reply_of(R"({"id":1,"result":false,"error":null})").is_true());
  EXPECT_FALSE(reply_of(R"({"id":1,"result":null,"error":null})").is_true());
  EXPECT_FALSE(reply_of(R"({"id":1,"result":true,"error":[20,"x",null]})").is_true());
}

TEST(Message, ReasonsCannotSteerATerminal) {
  const Reply reply = reply_of("{\"id\":1,\"result\":null,\"error\":[20,\"\\u001b[2J\\u00e9 \xe9 ok\",null]}");
  EXPECT_EQ(reply.error->text, "?[2J?? ? ok");
}

TEST(Message, NumbersAreKeptAsWritten) {
  EXPECT_EQ(request_of(R"({"id":null,"method":"m","params":[0.001]})").first_number, "0.001");
  EXPECT_EQ(request_of(R"({"params" : [ 1e-9 , 2],"method":"m"})").first_number, "1e-9");
  EXPECT_EQ(request_of(R"({"x":{"params":[5]},"method":"m","params":[123456789012345678901234567890]})").first_number,
            "123456789012345678901234567890");
  EXPECT_EQ(request_of(R"({"method":"m","a":"\"params\":[9","params":[7]})").first_number, "7");
  EXPECT_EQ(request_of(R"({"method":"m","params":["7"]})").first_number, "");
}

TEST(Message, NonsenseIsNamed) {
  const auto fault = [](std::string_view line) {
    const auto message = parse_message(line);
    return message ? std::string("none") : message.error().message();
  };
  EXPECT_NE(fault("HTTP/1.1 400 Bad Request").find("web server"), std::string::npos);
  EXPECT_NE(fault("<html>").find("web server"), std::string::npos);
  EXPECT_NE(fault("[1,2]").find("object"), std::string::npos);
  EXPECT_NE(fault(R"({"id":1})").find("neither"), std::string::npos);
  EXPECT_NE(fault(R"({"id":1,)").find("not JSON"), std::string::npos);
  EXPECT_NE(fault(R"({"method":5})").find("not text"), std::string::npos);
  EXPECT_NE(fault(R"({"method":"mining.notify","params":{"a":1}})").find("array"), std::string::npos);
  EXPECT_NE(fault(R"({"id":1,"result":)" + std::string(100, '[') + std::string(100, ']') + "}"), "none");
}

TEST(Message, WhatIsWrittenIsReadBack) {
  const Request request = request_of(encode_request(5, "mining.submit", {"a", "b"}));
  EXPECT_EQ(request.id, 5);
  EXPECT_EQ(request.method, "mining.submit");
  EXPECT_EQ(request.params, (boost::json::array{"a", "b"}));
  EXPECT_TRUE(request_of(encode_notification("mining.notify", {})).is_notification());
  EXPECT_TRUE(reply_of(encode_result(5, true)).is_true());
  const Reply refusal = reply_of(encode_error(5, 21, "Job not found"));
  EXPECT_EQ(refusal.error->code, 21);
  EXPECT_EQ(refusal.error->text, "Job not found");
  EXPECT_EQ(encode_request(1, "m", {}).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace lode::stratum::v1
