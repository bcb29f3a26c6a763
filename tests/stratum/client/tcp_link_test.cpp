// The link to a pool, and the source on top of it, against real sockets: pools that are well, and those that are not.
#include "stratum/v1/tcp_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <optional>

#include "host/work/roll_space.h"
#include "host/work/verifier.h"
#include "stratum/v1/line_splitter.h"
#include "stratum/v1/pool_source.h"
#include "tests/net/fake_http_server.h"
#include "tests/net/test_certificate.h"
#include "tests/stratum/client/fake_link.h"
#include "tests/stratum/client/scripted_pool.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_work.h"

namespace lode::stratum::v1 {
namespace {

using namespace std::chrono_literals;
using Peer = ScriptedPool::Peer;
using testing::HasSubstr;

constexpr test::Validity kPast{.begin = -2h, .end = -60s};

class SocketTest : public testing::Test {
 public:
  SocketTest() { tls_context.set_options(asio::ssl::context::default_workarounds); }

  void serve(ScriptedPool::Script script, bool with_tls = false) {
    pool.emplace(io, std::move(script), with_tls ? &tls_context : nullptr);
  }

  /// The pool shows this certificate, and it is trusted as an authority.
  void use(const test::TestCertificate& certificate) {
    tls_context.use_certificate(asio::buffer(certificate.certificate), asio::ssl::context::pem);
    tls_context.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
    options.trust.ca_file = (folder.path() / "ca.pem").string();
    std::ofstream(options.trust.ca_file) << certificate.certificate;
  }

  Endpoint endpoint(bool tls = false) const { return {.host = "127.0.0.1", .port = pool->port(), .tls = tls}; }

  void spawn(std::function<asio::awaitable<void>()> task) {
    asio::co_spawn(io, std::move(task), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  void run_until(const std::function<bool()>& done) { ASSERT_TRUE(test::run_until(io, done)) << "it hangs"; }

  asio::io_context io;
  test::TemporaryFolder folder;
  asio::ssl::context tls_context{asio::ssl::context::tls_server};
  TcpLinkOptions options;
  std::optional<ScriptedPool> pool;
};

class TcpLinkTest : public SocketTest {
 public:
  ~TcpLinkTest() override { drop_link(); }

  /// A link must not go away before all of it has ended.
  void drop_link() {
    if (!link) return;
    link->close();
    bool finished = false;
    spawn([&]() -> asio::awaitable<void> {
      co_await link->finish();
      finished = true;
    });
    EXPECT_TRUE(test::run_until(io, [&] { return finished; })) << "the link does not end";
    link.reset();
    end.reset();
  }

  /// Nothing: it is connected.
  std::optional<Error> connect(const Endpoint& to) {
    drop_link();
    link = make_tcp_link(io.get_executor(), to, options);
    std::optional<Result<void>> outcome;
    spawn([&]() -> asio::awaitable<void> { outcome = co_await link->connect(); });
    run_until([&] { return outcome.has_value(); });
    if (outcome && *outcome) return std::nullopt;
    return outcome ? outcome->error() : fail(Errc::kTimeout, "it hangs");
  }
  std::string trouble(const Endpoint& to) {
    const auto error = connect(to);
    return error ? error->message() : "it connects";
  }

  /// Bytes until there are so many or the link ends with `end`.
  std::string read(std::size_t count) {
    std::string bytes;
    bool done = false;
    spawn([&]() -> asio::awaitable<void> {
      while (bytes.size() < count && !end) {
        const auto piece = co_await link->read();
        if (piece) {
          bytes += *piece;
        } else {
          end = piece.error();
        }
      }
      done = true;
    });
    run_until([&] { return done; });
    return bytes;
  }

  std::unique_ptr<PoolLink> link;
  std::optional<Error> end;
};

asio::awaitable<void> echo(Peer& peer) {
  co_await peer.handshake();
  while (true) {
    std::string line = co_await peer.line();
    co_await peer.say(line + "\n");
  }
}

TEST_F(TcpLinkTest, LinesGoBothWaysInOrder) {
  use(test::make_certificate("localhost", "127.0.0.1"));
  for (const bool tls : {false, true}) {
    serve(echo, tls);
    ASSERT_EQ(connect(endpoint(tls)), std::nullopt);
    std::string all;
    for (int i = 0; i < 1000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      ASSERT_TRUE(link->send(line));
      all += line;
    }
    EXPECT_EQ(read(all.size()), all);
  }
}

TEST_F(TcpLinkTest, SaysThatThePoolHasClosed) {
  serve([](Peer& peer) -> asio::awaitable<void> { co_await peer.say("x"); });
  ASSERT_EQ(connect(endpoint()), std::nullopt);
  EXPECT_EQ(read(2), "x");
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->is(Errc::kDisconnected));
  EXPECT_EQ(end->message(), "the pool has closed the connection");
}

TEST_F(TcpLinkTest, APoolThatDoesNotReadCostsBoundedMemory) {
  asio::steady_timer never(io, asio::steady_timer::time_point::max());
  serve([&](Peer&) -> asio::awaitable<void> { co_await never.async_wait(asio::use_awaitable); });
  options.max_queued = 100'000;
  ASSERT_EQ(connect(endpoint()), std::nullopt);
  const std::string line(10'000, 'x');
  std::size_t sent = 0;
  Result<void> outcome;
  // The system's own buffers take some megabytes at first.
  while (outcome && sent < 100'000'000) {
    outcome = link->send(line);
    sent += line.size();
    io.poll();
    io.restart();
  }
  ASSERT_FALSE(outcome) << "a hundred megabytes are waiting";
  EXPECT_TRUE(outcome.error().is(Errc::kTooLarge));
  never.cancel();
}

TEST_F(TcpLinkTest, APortWithoutPoolIsSaid) {
  serve(echo);
  const Endpoint gone = endpoint();
  pool.reset();
  const auto error = connect(gone);
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(Errc::kDisconnected));
  EXPECT_EQ(error->message(), "cannot connect: 127.0.0.1: Connection refused");
}

TEST_F(TcpLinkTest, ClosingEndsWhateverItIsDoing) {
  asio::steady_timer never(io, asio::steady_timer::time_point::max());
  serve([&](Peer&) -> asio::awaitable<void> { co_await never.async_wait(asio::use_awaitable); });
  options.handshake_limit = 1h;
  for (const bool tls : {false, true}) {  // while reading, and in the handshake
    auto one = make_tcp_link(io.get_executor(), endpoint(tls), options);
    std::optional<Error> error;
    spawn([&]() -> asio::awaitable<void> {
      const auto connected = co_await one->connect();
      if (!connected) {
        error = connected.error();
        co_return;
      }
      error = (co_await one->read()).error();
    });
    io.run_for(20ms);
    io.restart();
    EXPECT_FALSE(error);
    one->close();
    run_until([&] { return error.has_value(); });
    EXPECT_TRUE(error->is(Errc::kCancelled)) << error->message();
    bool finished = false;
    spawn([&]() -> asio::awaitable<void> {
      co_await one->finish();
      finished = true;
    });
    run_until([&] { return finished; });
  }
  never.cancel();
}

TEST_F(TcpLinkTest, AnAuthorityVouchesForThePool) {
  use(test::make_certificate("localhost", "127.0.0.1"));
  serve(echo, true);
  EXPECT_EQ(connect(endpoint(true)), std::nullopt);
  options.trust.ca_file.clear();
  const auto error = connect(endpoint(true));
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(Errc::kUnauthorized));
  EXPECT_THAT(error->message(), HasSubstr("certificate is not trusted"));
}

TEST_F(TcpLinkTest, ACertificateOfAnotherHostOrAnOldOneIsRefused) {
  use(test::make_certificate("pool.example", "127.0.0.9"));
  serve(echo, true);
  EXPECT_THAT(trouble(endpoint(true)), HasSubstr("certificate is not trusted"));
  use(test::make_certificate("localhost", "127.0.0.1", kPast));
  EXPECT_THAT(trouble(endpoint(true)), HasSubstr("expired"));
}

TEST_F(TcpLinkTest, AFingerprintStandsForAuthorityNameAndDate) {
  const auto certificate = test::make_certificate("pool.example", "127.0.0.9", kPast);
  use(certificate);
  serve(echo, true);
  options.trust.ca_file.clear();
  options.trust.fingerprint = certificate.fingerprint;
  EXPECT_EQ(connect(endpoint(true)), std::nullopt);
  options.trust.fingerprint[5] = options.trust.fingerprint[5] == '0' ? '1' : '0';
  const auto error = connect(endpoint(true));
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(Errc::kUnauthorized));
  EXPECT_THAT(error->message(), HasSubstr("another fingerprint"));
  // Nor does an authority's word help where a fingerprint is asked for.
  const auto good = test::make_certificate("localhost", "127.0.0.1");
  use(good);
  EXPECT_THAT(trouble(endpoint(true)), HasSubstr("another fingerprint"));
}

TEST_F(TcpLinkTest, PlainAndTlsThatMeetAreTold) {
  serve([](Peer& peer) -> asio::awaitable<void> { co_await peer.say("{\"id\":1}\n"); });
  auto error = connect(endpoint(true));
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(Errc::kProtocol));
  EXPECT_THAT(error->message(), HasSubstr("does not speak TLS on this port"));

  serve([](Peer&) -> asio::awaitable<void> { co_return; });
  error = connect(endpoint(true));
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(Errc::kDisconnected));
  EXPECT_THAT(error->message(), HasSubstr("does this port speak TLS?"));

  // A server that wants TLS closes, or says so in TLS's words: an alert.
  const std::string alert("\x15\x03\x01\x00\x02\x02\x46", 7);
  use(test::make_certificate("localhost", "127.0.0.1"));
  for (const bool closes : {true, false}) {
    if (closes) {
      serve(echo, true);
    } else {
      serve([&](Peer& peer) -> asio::awaitable<void> { co_await peer.say(alert); });
    }
    ASSERT_EQ(connect(endpoint(false)), std::nullopt);
    ASSERT_TRUE(link->send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n"));
    EXPECT_EQ(read(1), "");
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->is(closes ? Errc::kDisconnected : Errc::kProtocol)) << end->message();
    EXPECT_THAT(end->message(), HasSubstr("stratum+ssl://"));
  }
}

TEST_F(TcpLinkTest, AHandshakeThatNeverEndsHasALimit) {
  asio::steady_timer never(io, asio::steady_timer::time_point::max());
  serve([&](Peer&) -> asio::awaitable<void> { co_await never.async_wait(asio::use_awaitable); });
  options.handshake_limit = 30ms;
  const auto error = connect(endpoint(true));
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->is(Errc::kTimeout));
  EXPECT_EQ(error->message(), "the TLS handshake took longer than 30 ms");
  never.cancel();
}

class Listener final : public work::SourceListener {
 public:
  void on_connected(work::WorkSource&) override {}
  void on_work(work::WorkSource& source, std::shared_ptr<const work::WorkTemplate> work) override {
    works.push_back(work);
    if (react) react(source, work);
  }
  void on_withdrawn(work::WorkSource&, const Error&) override {}
  void on_share(work::WorkSource&, const work::ShareOutcome& outcome) override { outcomes.push_back(outcome); }
  void on_lost(work::WorkSource&, const Error& reason) override { lost.push_back(reason.message()); }

  std::vector<std::shared_ptr<const work::WorkTemplate>> works;
  std::vector<work::ShareOutcome> outcomes;
  std::vector<std::string> lost;
  std::function<void(work::WorkSource&, const std::shared_ptr<const work::WorkTemplate>&)> react;
};

/// A source that speaks with the pool over a real socket.
class SocketSourceTest : public SocketTest {
 public:
  SocketSourceTest() {
    pool_options.session.name = "the pool";
    pool_options.session.user = "rig";
    pool_options.backoff = {1ms, 4ms};
    wait_for_pool(1h);
  }

  /// How long the pool may take for each step to its first work.
  void wait_for_pool(std::chrono::milliseconds limit) {
    SessionLimits& limits = pool_options.session.limits;
    limits.subscribe = limits.authorize = limits.first_job = limit;
  }

  /// Until `done`, then stops the source and waits for its end.
  void run(const std::function<bool()>& done, bool tls = false) {
    pool_options.session.endpoint = endpoint(tls);
    source.emplace(
        io.get_executor(), pool_options,
        [this](const Endpoint& to) { return make_tcp_link(io.get_executor(), to, options); }, Log());
    std::optional<Error> end;
    spawn([&]() -> asio::awaitable<void> { end = co_await source->run(listener); });
    run_until(done);
    source->stop();
    run_until([&] { return end.has_value(); });
  }

  static work::Share share_for(const std::shared_ptr<const work::WorkTemplate>& work) {
    auto made = test::make_job(1, std::make_shared<work::WorkTemplate>(*work));
    work::Share share{.job = std::make_shared<const work::Job>(
                          work::Job{.generation = 1, .source = 0, .work = work, .received = made->received}),
                      .roll = {.extranonce2 = work->first_extranonce2, .version = work->version, .time = work->time},
                      .hash = {},
                      .found = std::chrono::steady_clock::now()};
    while (true) {
      const work::Verdict verdict = work::verify(*share.job, share.roll);
      share.hash = verdict.hash;
      if (verdict.kind == work::Verdict::Kind::kShare || verdict.kind == work::Verdict::Kind::kBlock) return share;
      ++share.roll.nonce;
    }
  }

  PoolOptions pool_options;
  Listener listener;
  std::optional<PoolSource> source;
};

TEST_F(SocketSourceTest, SharesAreTakenPlainAndWithTls) {
  use(test::make_certificate("localhost", "127.0.0.1"));
  for (const bool tls : {false, true}) {
    listener = {};
    listener.react = [](work::WorkSource& from, const auto& work) { from.submit_share(share_for(work)); };
    serve(serve_well, tls);
    run([this] { return !listener.outcomes.empty(); }, tls);
    ASSERT_FALSE(listener.outcomes.empty());
    EXPECT_EQ(listener.outcomes[0].kind, work::ShareOutcome::Kind::kAccepted);
    EXPECT_TRUE(listener.lost.empty());
  }
}

TEST_F(SocketSourceTest, HowBytesArriveDoesNotMatter) {
  // A byte a segment, and everything in one.
  serve([](Peer& peer) -> asio::awaitable<void> {
    co_await peer.line();
    co_await peer.line();
    std::string all = R"({"id":2,"result":[[["mining.notify","s1"]],"aabbccdd",4],"error":null})";
    all += "\r\n" + std::string(kNotify) + "\n";
    if (peer.number() == 1) {
      for (const char byte : all)
        co_await peer.say(std::string(1, byte));
    } else {
      co_await peer.say(all);
    }
    co_await peer.line();
    co_await peer.line();
  });
  run([this] { return listener.works.size() >= 2; });
  EXPECT_GE(listener.works.size(), 2U);
}

TEST_F(SocketSourceTest, APoolThatSaysNothingIsLostInTimeAndTriedAgain) {
  asio::steady_timer never(io, asio::steady_timer::time_point::max());
  serve([&](Peer& peer) -> asio::awaitable<void> {
    if (peer.number() >= 3) co_return co_await serve_well(peer);
    co_await never.async_wait(asio::use_awaitable);
  });
  wait_for_pool(1s);
  run([this] { return !listener.works.empty(); });
  EXPECT_EQ(listener.lost.size(), 2U);
  never.cancel();
}

TEST_F(SocketSourceTest, APoolThatDripsIsNoPool) {
  asio::steady_timer timer(io);
  serve([&](Peer& peer) -> asio::awaitable<void> {
    if (peer.number() >= 2) co_return co_await serve_well(peer);
    while (true) {  // never a whole line
      co_await peer.say(" ");
      timer.expires_after(2ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
  });
  wait_for_pool(1s);
  run([this] { return !listener.works.empty(); });
  EXPECT_EQ(listener.lost.size(), 1U) << "bytes without a message are no sign of life";
}

TEST_F(SocketSourceTest, ALineWithoutEndIsCutOff) {
  std::size_t said = 0;
  serve([&](Peer& peer) -> asio::awaitable<void> {
    if (peer.number() >= 2) co_return co_await serve_well(peer);
    while (true) {
      co_await peer.say(std::string(100'000, 'x'));
      said += 100'000;
    }
  });
  run([this] { return !listener.works.empty(); });
  ASSERT_EQ(listener.lost.size(), 1U);
  EXPECT_LT(said, 2 * kMaxLine) << "what is more is not even read";
}

TEST_F(SocketSourceTest, NonsenseEndsAConnectionAndNothingElse) {
  serve([](Peer& peer) -> asio::awaitable<void> {
    if (peer.number() >= 3) co_return co_await serve_well(peer);
    std::string noise;
    for (unsigned i = 0; i < 5000; ++i)
      noise += static_cast<char>(i % 97 == 0 ? '\n' : static_cast<char>(i * 2654435761U >> 24U));
    while (true)
      co_await peer.say(noise);
  });
  run([this] { return !listener.works.empty(); });
  EXPECT_EQ(listener.lost.size(), 2U);
  EXPECT_GE(source->counters().bad_messages, 2U * pool_options.session.limits.bad_messages);
}

TEST_F(SocketSourceTest, APoolThatSendsOnAndOnIsAskedLessAndLess) {
  pool_options.backoff = {20ms, 80ms};
  serve([](Peer& peer) -> asio::awaitable<void> {
    co_await peer.line();
    co_await peer.line();
    co_await peer.say(R"({"id":null,"method":"client.reconnect","params":[]})"
                      "\n");
    co_await peer.line();
  });
  const auto begin = std::chrono::steady_clock::now();
  run([this] { return pool->connections() >= 6; });
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 10ms + 20ms + 3 * 40ms) << "the shortest pauses";
}

TEST_F(SocketSourceTest, ARedirectToAnotherHostIsRefused) {
  std::string answer;
  serve([&](Peer& peer) -> asio::awaitable<void> {
    co_await peer.line();
    co_await peer.line();
    co_await peer.say(R"({"id":null,"method":"client.reconnect","params":["127.0.0.2",1]})"
                      "\n"
                      R"({"id":77,"method":"client.get_version","params":[]})"
                      "\n");
    do {
      answer = co_await peer.line();
    } while (answer.find(R"("id":77)") == std::string::npos);
  });
  run([&] { return answer.find(R"("id":77)") != std::string::npos; });
  EXPECT_TRUE(listener.lost.empty()) << "the session goes on";
  EXPECT_EQ(pool->connections(), 1U);
}

}  // namespace
}  // namespace lode::stratum::v1
