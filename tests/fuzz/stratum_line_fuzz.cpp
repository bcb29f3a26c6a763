// Bytes of a Stratum V1 connection: how they are cut does not matter, memory stays bounded, and what is read as a
// message or a part of one keeps its promises.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stratum/v1/difficulty.h"
#include "stratum/v1/handshake.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/message.h"
#include "stratum/v1/notify.h"
#include "stratum/v1/reconnect_policy.h"
#include "stratum/v1/share_verdict.h"
#include "tests/fuzz/require.h"

namespace {

using namespace lode::stratum::v1;

constexpr std::size_t kLimit = 4096;

struct Lines {
  std::vector<std::string> lines;
  bool failed = false;

  friend bool operator==(const Lines&, const Lines&) = default;
};

Lines split(std::string_view text, std::size_t piece) {
  LineSplitter splitter(kLimit);
  Lines found;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    splitter.write(text.substr(at, piece));
    for (;;) {
      const auto line = splitter.next();
      found.failed = found.failed || !line;
      if (!line || !*line) break;
      LODE_REQUIRE(!(*line)->empty() && (*line)->size() <= kLimit);
      LODE_REQUIRE((*line)->find('\n') == std::string_view::npos);
      found.lines.emplace_back(**line);
    }
    LODE_REQUIRE(splitter.held() <= kLimit + 1);
  }
  return found;
}

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return text.size() <= kMaxText;
}

void use(const Reply& reply) {
  if (reply.error) LODE_REQUIRE(is_printable(reply.error->text));
  LODE_REQUIRE((judge_share_reply(reply) == ShareVerdict::kAccepted) == reply.is_true());
  (void)parse_configure_answer(reply.result);
  const auto answer = parse_subscribe_answer(reply.result);
  if (answer) LODE_REQUIRE(answer->extranonce.extranonce2_size <= kMaxExtranonce2);
}

void use(const Request& request) {
  const auto notify = parse_notify(request.params);
  if (notify) {
    LODE_REQUIRE(notify->merkle_branch.size() <= kMaxBranch);
    LODE_REQUIRE(notify->network_target > lode::chain::Target());
    LODE_REQUIRE(parse_previous_hash(encode_previous_hash(notify->previous_block)).value() == notify->previous_block);
  }
  for (const auto& target : {parse_set_difficulty(request), parse_set_target(request)}) {
    if (target) LODE_REQUIRE(*target > lode::chain::Target());
  }
  const Endpoint current{.host = "eu.pool.example.com", .port = 3333, .tls = true};
  const auto target = decide_reconnect(request.params, current, {});
  if (!target) return;
  LODE_REQUIRE(registered_domain(target->host) == "example.com");
  LODE_REQUIRE(target->port != 0 && target->wait.count() >= 0 && target->wait.count() <= 3600);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Lines whole = split(text, size);
  LODE_REQUIRE(whole == split(text, 1 + data[size - 1] % 7));
  for (const std::string& line : whole.lines) {
    const auto message = parse_message(line);
    if (!message) {
      LODE_REQUIRE(!message.error().message().empty());
    } else {
      std::visit([](const auto& one) { use(one); }, *message);
    }
  }
  return 0;
}
