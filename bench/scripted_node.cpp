#include "bench/scripted_node.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/base/hex.h"
#include "host/chain/target.h"
#include "host/chain/transaction.h"
#include "host/chain/witness_commitment.h"

namespace lode::bench {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

/// A payment of the common kind: one P2WPKH input with its signature and key, two outputs; about 560 weight units.
chain::Transaction make_payment(std::uint32_t number) {
  chain::Transaction payment;
  chain::TxIn input;
  for (std::size_t i = 0; i < 4; ++i)
    input.previous.txid.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  input.previous.txid.bytes[31] = 1;
  input.previous.index = 0;
  input.witness = {Bytes(72, 0x30), Bytes(33, 0x02)};
  payment.inputs.push_back(std::move(input));
  Bytes script(22, 0x11);
  script[0] = 0x00;
  script[1] = 0x14;
  payment.outputs.push_back({.value = 100'000, .script_pubkey = script});
  payment.outputs.push_back({.value = 200'000, .script_pubkey = std::move(script)});
  return payment;
}

std::string reply(const std::string& result, const std::string& id) {
  return fmt::format(R"({{"result":{},"error":null,"id":{}}})", result, id);
}

/// The request's id as it stands in the text; enough for one known client.
std::string id_of(const std::string& request) {
  const auto at = request.find("\"id\":");
  if (at == std::string::npos) return "null";
  const auto begin = at + 5;
  return request.substr(begin, request.find_first_of(",}", begin) - begin);
}

}  // namespace

class ScriptedNode::Impl {
 public:
  Impl(std::size_t transactions, std::uint32_t bits)
      : bits_(fmt::format("{:08x}", bits)), target_(chain::Target::from_bits(bits).value().to_display()) {
    std::vector<chain::Hash256> wtxids;
    for (std::uint32_t i = 0; i < transactions; ++i) {
      const chain::Transaction payment = make_payment(i);
      wtxids.push_back(payment.wtxid());
      transactions_ +=
          fmt::format(R"({}{{"data":"{}","txid":"{}","hash":"{}","depends":[],"fee":2000,"sigops":1,"weight":{}}})",
                      i == 0 ? "" : ",", to_hex(payment.serialize()), payment.txid().to_display(),
                      payment.wtxid().to_display(), payment.weight());
    }
    commitment_ = to_hex(chain::witness_commitment_script(chain::witness_commitment(wtxids)));
    accepting_ = std::thread([this] { accept(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    {  // accept() may be waiting: knock
      tcp::socket knock(context_);
      knock.connect({asio::ip::address_v4::loopback(), port_}, ignored);
    }
    accepting_.join();
    for (const auto& socket : sockets_)
      socket->shutdown(tcp::socket::shutdown_both, ignored);
    for (std::thread& session : sessions_)
      session.join();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::uint32_t height() const {
    const std::lock_guard lock(mutex_);
    return height_;
  }
  [[nodiscard]] std::size_t template_bytes() const {
    const std::lock_guard lock(mutex_);
    return block_template().size();
  }
  [[nodiscard]] bool longpoll_waits() const {
    const std::lock_guard lock(mutex_);
    return waiting_ > 0;
  }

  std::chrono::steady_clock::time_point announce_tip() {
    std::unique_lock lock(mutex_);
    ++height_;
    const std::uint64_t before = answered_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return answered_ > before || stopping_; });
    return answered_at_;
  }

 private:
  void accept() {
    for (;;) {
      auto socket = std::make_shared<tcp::socket>(context_);
      boost::system::error_code error;
      acceptor_.accept(*socket, error);
      const std::lock_guard lock(mutex_);
      if (stopping_ || error) return;
      sockets_.push_back(socket);
      sessions_.emplace_back([this, socket] { serve(*socket); });
    }
  }

  void serve(tcp::socket& socket) {
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> request;
      http::read(socket, buffer, request, error);
      if (error) return;
      bool longpoll = false;
      const std::string body = answer(request.body(), longpoll);
      if (body.empty()) return;
      const std::string text = fmt::format(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
      asio::write(socket, asio::buffer(text), error);
      const auto now = std::chrono::steady_clock::now();
      if (longpoll) {  // also where nobody is there any more to hear it
        const std::lock_guard lock(mutex_);
        ++answered_;
        answered_at_ = now;
        changed_.notify_all();
      }
      if (error) return;
    }
  }

  /// Empty when it is time to stop.
  std::string answer(const std::string& request, bool& longpoll) {
    const auto asks = [&](const char* what) { return request.find(what) != std::string::npos; };
    const std::string id = id_of(request);
    if (asks("getblockchaininfo")) return reply(R"({"chain":"regtest","blocks":500,"headers":500})", id);
    if (asks(R"("mode":"proposal")")) return reply("null", id);
    if (!asks("getblocktemplate")) return reply("null", id);
    std::unique_lock lock(mutex_);
    longpoll = asks(longpoll_id().c_str());
    if (longpoll) {
      const std::uint32_t waits_at = height_;
      ++waiting_;
      changed_.wait(lock, [&] { return height_ != waits_at || stopping_; });
      --waiting_;
    }
    return stopping_ ? std::string() : reply(block_template(), id);
  }

  [[nodiscard]] std::string previous_block() const { return fmt::format("{:064x}", height_ - 1); }
  [[nodiscard]] std::string longpoll_id() const { return previous_block() + "00000001"; }

  [[nodiscard]] std::string block_template() const {
    const auto now = static_cast<long long>(std::time(nullptr));
    return fmt::format(
        R"({{"capabilities":["proposal"],"version":536870912,"rules":["csv","!segwit"],"vbavailable":{{}},)"
        R"("vbrequired":0,"previousblockhash":"{}","transactions":[{}],"coinbaseaux":{{}},"coinbasevalue":5002000000,)"
        R"("longpollid":"{}","target":"{}",)"
        R"("mintime":{},"mutable":["time","transactions","prevblock"],"noncerange":"00000000ffffffff",)"
        R"("sigoplimit":80000,"sizelimit":4000000,"weightlimit":4000000,"curtime":{},"bits":"{}","height":{},)"
        R"("default_witness_commitment":"{}"}})",
        previous_block(), transactions_, longpoll_id(), target_, now - 600, now, bits_, height_, commitment_);
  }

  const std::string bits_;
  const std::string target_;
  std::string transactions_;
  std::string commitment_;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  std::uint16_t port_ = acceptor_.local_endpoint().port();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t height_ = 1000;
  std::uint64_t answered_ = 0;
  std::chrono::steady_clock::time_point answered_at_;
  int waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::shared_ptr<tcp::socket>> sockets_;
  std::vector<std::thread> sessions_;
  std::thread accepting_;
};

ScriptedNode::ScriptedNode(std::size_t transactions, std::uint32_t bits)
    : impl_(std::make_unique<Impl>(transactions, bits)) {}
ScriptedNode::~ScriptedNode() = default;
std::uint16_t ScriptedNode::port() const noexcept {
  return impl_->port();
}
std::size_t ScriptedNode::template_bytes() const {
  return impl_->template_bytes();
}
bool ScriptedNode::longpoll_waits() const {
  return impl_->longpoll_waits();
}
std::chrono::steady_clock::time_point ScriptedNode::announce_tip() {
  return impl_->announce_tip();
}
std::uint32_t ScriptedNode::height() const {
  return impl_->height();
}

}  // namespace lode::bench
