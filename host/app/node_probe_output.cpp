#include "host/app/node_probe_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "host/app/json_text.h"
#include "host/app/number_format.h"
#include "host/app/text.h"

namespace lode::app {
namespace {

namespace json = boost::json;
using Permission = node::CallPermission::Kind;
using Answer = node::ProposalAnswer::Kind;

std::string_view word_for(Permission kind) {
  switch (kind) {
    case Permission::kAllowed:
      return "allowed";
    case Permission::kForbidden:
      return "forbidden";
    case Permission::kUnknown:
      return "unknown";
    case Permission::kUntold:
      break;
  }
  return "untold";
}

std::string_view word_for(Answer kind) {
  switch (kind) {
    case Answer::kFine:
      return "accepted";
    case Answer::kRejected:
      return "rejected";
    case Answer::kOutdated:
      return "outdated";
    case Answer::kCannot:
      return "cannot";
    case Answer::kNoAnswer:
      break;
  }
  return "unanswered";
}

template <class T>
std::string text_or_unknown(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "?";
}

std::string line(std::string_view label, const std::string& text) {
  return fmt::format("{:<16} {}\n", label, text);
}

std::string describe_chain(const node::ChainState& chain) {
  std::string text = chain.chain.empty() ? "unnamed" : printable(chain.chain);
  if (chain.blocks) text += fmt::format(", {} blocks of {} headers", *chain.blocks, text_or_unknown(chain.headers));
  // Rounded down: 100 % is all of it.
  if (chain.verified) text += fmt::format(", {:.2f} % verified", std::floor(*chain.verified * 10'000) / 100);
  if (chain.downloading.value_or(false)) text += ", downloading";
  if (chain.pruned.value_or(false)) text += ", pruned";
  return line("chain", text);
}

std::string describe_network(const node::NetworkState& network) {
  std::string version = network.subversion.empty() ? "unnamed" : printable(network.subversion);
  if (network.version) version += fmt::format(" (version {})", *network.version);
  std::string peers = text_or_unknown(network.peers);
  if (network.peers_in && network.peers_out) {
    peers += fmt::format(" ({} came, {} sought)", *network.peers_in, *network.peers_out);
  }
  return line("node", version) + line("peers", peers);
}

std::string describe_work(const node::NodeProbeReport& report) {
  const node::TemplateSummary& work = *report.work;
  std::vector<std::string> times;
  for (const auto took : report.templates_took)
    times.push_back(fmt::format("{:.1f}", milliseconds(took)));
  return line("template",
              fmt::format("in {:.1f} ms (asked {} times: {} ms)", milliseconds(node::median(report.templates_took)),
                          times.size(), fmt::join(times, ", "))) +
         line("work", fmt::format("height {}, {} transactions, weight {} of {}, {:.8f} BTC", work.height,
                                  work.transactions, text_or_unknown(work.weight), work.weight_limit,
                                  static_cast<double>(work.coinbase_value) / 1e8)) +
         line("rules", work.rules.empty() ? "none" : printable(fmt::format("{}", fmt::join(work.rules, ", ")))) +
         line("longpoll", work.longpoll ? "yes" : "no");
}

std::string describe_proposal(const node::ProposalAnswer& answer) {
  std::string text(word_for(answer.kind));
  if (!answer.detail.empty()) text += ": " + printable(answer.detail);
  return line("proposal", text);
}

std::string describe_clock(std::optional<std::chrono::seconds> ahead) {
  if (!ahead) return line("clock", "not told: the template's time is the earliest that is allowed");
  return line("clock", fmt::format("{:+} s, compared with this computer's", ahead->count()));
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(json_text(*text)) : json::value(nullptr);
}

json::object to_json(const node::ChainState& chain) {
  return {{"name", json_text(chain.chain)},          {"blocks", or_null(chain.blocks)},
          {"headers", or_null(chain.headers)},       {"downloading", or_null(chain.downloading)},
          {"verified", json_number(chain.verified)}, {"pruned", or_null(chain.pruned)},
          {"warnings", json_text(chain.warnings)}};
}

json::object to_json(const node::NetworkState& network) {
  return {{"version", or_null(network.version)},     {"subversion", json_text(network.subversion)},
          {"peers", or_null(network.peers)},         {"peers_in", or_null(network.peers_in)},
          {"peers_out", or_null(network.peers_out)}, {"active", or_null(network.active)}};
}

json::array to_json(const std::vector<node::CallPermission>& calls) {
  json::array array;
  for (const node::CallPermission& one : calls) {
    array.push_back({{"method", json_text(one.call->method)},
                     {"permission", word_for(one.kind)},
                     {"detail", json_text(one.detail)}});
  }
  return array;
}

json::object work_to_json(const node::NodeProbeReport& report) {
  const node::TemplateSummary& work = *report.work;
  json::array times;
  for (const auto took : report.templates_took)
    times.emplace_back(milliseconds(took));
  json::array rules;
  for (const std::string& rule : work.rules)
    rules.emplace_back(json_text(rule));
  return {{"milliseconds", milliseconds(node::median(report.templates_took))},
          {"all_milliseconds", std::move(times)},
          {"height", work.height},
          {"transactions", work.transactions},
          {"weight", or_null(work.weight)},
          {"weight_limit", work.weight_limit},
          {"coinbase_value", work.coinbase_value},
          {"rules", std::move(rules)},
          {"longpoll", work.longpoll},
          {"proposals", work.can_propose},
          {"fault", text_or_null(work.fault)}};
}

}  // namespace

std::string describe_node(const node::NodeProbeReport& report) {
  std::string text;
  if (report.first_answer_took) {
    text += line("first answer", fmt::format("in {:.1f} ms", milliseconds(*report.first_answer_took)));
  }
  if (report.network) text += describe_network(*report.network);
  if (!report.network && report.work) {
    text += line("node", "does not tell its version and peers (getnetworkinfo), which mining does not need");
  }
  if (report.chain) text += describe_chain(*report.chain);
  if (!report.calls.empty()) text += "calls\n";
  for (const node::CallPermission& one : report.calls) {
    // What to do about a forbidden one stands below, once for all of them.
    const bool explained = one.detail.empty() || one.kind == Permission::kForbidden;
    text += fmt::format("  {:<28} {}{}\n", one.call->method, word_for(one.kind),
                        explained ? "" : ": " + printable(one.detail));
  }
  if (report.work) text += describe_work(report);
  if (report.proposal) text += describe_proposal(*report.proposal);
  if (report.work) text += describe_clock(report.clock_ahead);
  if (!report.notes.empty()) text += "worth knowing\n";
  for (const std::string& note : report.notes)
    text += fmt::format("  {}\n", printable(note));
  return text;
}

json::object node_to_json(const std::string& node, const node::NodeProbeReport& report) {
  json::object object{{"node", json_text(node)}};
  object["first_answer_milliseconds"] =
      report.first_answer_took ? json::value(milliseconds(*report.first_answer_took)) : json::value(nullptr);
  object["failure"] = text_or_null(report.failure);
  object["chain"] = report.chain ? json::value(to_json(*report.chain)) : json::value(nullptr);
  object["network"] = report.network ? json::value(to_json(*report.network)) : json::value(nullptr);
  object["calls"] = to_json(report.calls);
  object["whitelist"] = json_text(report.whitelist);
  object["template"] = report.work ? json::value(work_to_json(report)) : json::value(nullptr);
  object["proposal"] = nullptr;
  if (report.proposal) {
    object["proposal"] = {{"answer", word_for(report.proposal->kind)}, {"detail", json_text(report.proposal->detail)}};
  }
  object["clock_ahead_seconds"] = report.clock_ahead ? json::value(report.clock_ahead->count()) : json::value(nullptr);
  object["payout_fault"] = text_or_null(report.payout_fault);
  json::array notes;
  for (const std::string& note : report.notes)
    notes.emplace_back(json_text(note));
  object["deviations"] = std::move(notes);
  return object;
}

}  // namespace lode::app
