#include "host/app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "host/app/embedded_chain.h"
#include "host/app/exit_codes.h"
#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kMainAddress = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";

struct Bad {
  std::vector<std::string> arguments;
  std::string message;
};

class BadCommandLine : public testing::TestWithParam<Bad> {};

TEST_P(BadCommandLine, IsRefusedWithOneLineThatSaysWhy) {
  const Invocation invocation = parse_command_line(GetParam().arguments);
  const auto* exit = std::get_if<Exit>(&invocation);
  ASSERT_NE(exit, nullptr);
  EXPECT_EQ(exit->code, kExitUsage);
  EXPECT_EQ(exit->out, "");
  EXPECT_THAT(exit->err, HasSubstr(GetParam().message));
  EXPECT_THAT(exit->err, HasSubstr("--help"));
  EXPECT_THAT(exit->err, Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Arguments, BadCommandLine,
    testing::Values(
        Bad{{"dig"}, "unknown command 'dig'"}, Bad{{"--foo"}, "unknown option '--foo'"},
        Bad{{"mine", "--foo"}, "unknown option '--foo'"}, Bad{{"mine", "--foo=bar"}, "unknown option '--foo'"},
        Bad{{"probe"}, "give the URL of a pool or a node"}, Bad{{"probe", "ftp://h:1"}, "scheme 'ftp' is unknown"},
        Bad{{"probe", "http://h:1", "--payout", "abc"}, "--payout: "},
        Bad{{"probe", "http://h:1", "--cookie-file", ""}, "--cookie-file: must not be empty"},
        Bad{{"probe", "stratum+tcp://h"}, "has no port"}, Bad{{"replay"}, "give a recording"},
        Bad{{"mine", "--shares", "0"}, "--shares: '0'"}, Bad{{"mine", "stratum+tcp://h:3333"}, "--user"},
        Bad{{"mine", "--suggest-difficulty", "x"}, "'x' is no number"},
        Bad{{"mine", "--suggest-difficulty", "0"}, "--suggest-difficulty: 0 is not between"},
        Bad{{"mine", "--suggest-difficulty", "nan"}, "--suggest-difficulty: nan is not between"},
        Bad{{"mine", "--strategy", "best"}, "--strategy: failover or balance"},
        Bad{{"mine", "--quota", "1"}, "--quota says how sources share the hashes, which takes --strategy balance"},
        Bad{{"mine", "--strategy", "balance", "--quota", "0"}, "--quota: "},
        Bad{{"mine", "--strategy", "balance", "--quota", "1,2,3", "stratum+tcp://u@h:1", "stratum+tcp://u@h:2"},
            "--quota takes one number for each SOURCE: 3 are given for 2"},
        Bad{{"mine", "--proxy", "http://p:1"}, "--proxy: proxies of kind 'http' are not supported"},
        Bad{{"mine", "--tls-fingerprint", "abcd"}, "--tls-fingerprint: has 4 hex digits"},
        Bad{{"mine", "--tls-fingerprint", "xyz"}, "--tls-fingerprint: is no SHA-256"},
        Bad{{"mine", "stratum+tcp://u@h:3333", "--require-payout", "abc"}, "--require-payout: "},
        Bad{{"mine", "--min-payout", "95"}, "--min-payout says how much --require-payout ADDRESS has to get"},
        Bad{{"mine", "--min-payout", "101"}, "--min-payout: '101' is not a whole number from 1 to 100"},
        Bad{{"mine", "--threads"}, "--threads: its value"},
        Bad{{"mine", "--threads", "two"}, "--threads: 'two' is not a whole number from 1 to 1024"},
        Bad{{"mine", "--threads", "0"}, "--threads: '0'"}, Bad{{"mine", "--threads", "-1"}, "--threads: '-1'"},
        Bad{{"mine", "--threads", "1025"}, "--threads: '1025'"},
        Bad{{"mine", "--threads", "1", "--threads", "2"}, "--threads: given more than once"},
        Bad{{"mine", "--blocks", "99999999999999999999999"}, "--blocks: "},
        Bad{{"mine", "--blocks", "1.5"}, "--blocks: '1.5'"}, Bad{{"mine", "--seconds", "0"}, "--seconds: '0'"},
        Bad{{"mine", "--seconds", "nan"}, "--seconds: 'nan'"}, Bad{{"mine", "--seconds", "inf"}, "--seconds: 'inf'"},
        Bad{{"mine", "--seconds", "5s"}, "--seconds: '5s'"}, Bad{{"mine", "--devices", "gpu"}, "'gpu' is no device"},
        Bad{{"mine", "--devices", "cpu,"}, "empty device name"}, Bad{{"mine", "--devices", "cpu:0"}, "'cpu:0'"},
        Bad{{"mine", "--version-mask", "xyz"}, "--version-mask: 'xyz'"},
        Bad{{"mine", "--version-mask", "ffffffff"}, "--version-mask: ffffffff has bits outside"},
        Bad{{"mine", "--log-level", "loud"}, "--log-level: 'loud' is no level"},
        Bad{{"mine", "--coinbase-text", std::string(200, 'x')}, "--coinbase-text: 200 bytes"},
        Bad{{"mine", "--quiet=maybe"}, "--quiet: takes no value"}, Bad{{"mine", "--payout", "abc"}, "--payout: "},
        Bad{{"mine", "--payout", kMainAddress}, "regtest"},
        Bad{{"mine", "--kernel", ""}, "--kernel: must not be empty"},
        Bad{{"mine", "http://127.0.0.1:8332"}, "--payout"},
        Bad{{"mine", "http://127.0.0.1:8332", "--payout", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp"}, "--payout: "},
        Bad{{"mine", "--payout", kMainAddress, "127.0.0.1:8332"}, "SOURCE"},
        Bad{{"mine", "--config", "/nonexistent/lode.toml"}, "/nonexistent/lode.toml"},
        Bad{{"bench", "extra"}, "unexpected argument 'extra'"},
        Bad{{"bench", "--midstates", "65"}, "--midstates: '65'"},
        Bad{{"bench", "--midstates", "0"}, "--midstates: '0'"},
        Bad{{"bench", "--midstates", "1,,4"}, "--midstates: ''"},
        Bad{{"mine", "--cpu-affinity", "all"}, "--cpu-affinity: 'all': CPU numbers and ranges are wanted"},
        Bad{{"mine", "--cpu-affinity", "0,0"}, "named twice"}, Bad{{"bench", "--cpu-affinity", "3-1"}, "backwards"},
        Bad{{"devices", "--yaml"}, "unknown option '--yaml'"}, Bad{{"verify"}, "160 hex digits"},
        Bad{{"verify", "00", "--block", "11"}, "either"}, Bad{{"version", "1"}, "unexpected argument '1'"}));

TEST(CommandLine, NeverRepeatsAPassword) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"mine", "http://user:hunter2@"},
                                             {"mine", "http://user:hunter2@host:port"},
                                             {"mine", "user:hunter2@host:8332"},
                                             {"mine", "ftp://user:hunter2@host"},
                                             {"mine", "http://user:hunter2@[::1"},
                                             {"bench", "http://user:hunter2@host"},
                                             {"http://user:hunter2@host"}}) {
    const Invocation invocation = parse_command_line(arguments);
    ASSERT_TRUE(std::holds_alternative<Exit>(invocation)) << arguments.back();
    EXPECT_EQ(std::get<Exit>(invocation).code, kExitUsage);
    EXPECT_THAT(std::get<Exit>(invocation).err, Not(HasSubstr("hunter2")));
  }
}

TEST(CommandLine, NothingPrintsTheHelpAndFails) {
  const auto exit = std::get<Exit>(parse_command_line({}));
  EXPECT_EQ(exit.code, kExitUsage);
  EXPECT_THAT(exit.out, HasSubstr("mine"));
}

TEST(CommandLine, EveryCommandHasHelpWithAnExample) {
  for (const std::string command : {"mine", "bench", "devices", "probe", "verify", "version"}) {
    const auto exit = std::get<Exit>(parse_command_line({command, "--help"}));
    EXPECT_EQ(exit.code, kExitOk) << command;
    EXPECT_THAT(exit.out, HasSubstr("Example")) << command;
    EXPECT_THAT(exit.out, HasSubstr("lode " + command)) << command;
  }
}

TEST(CommandLine, MineDefaults) {
  const auto options = std::get<MineOptions>(parse_command_line({"mine"}));
  EXPECT_TRUE(options.sources.empty());
  EXPECT_EQ(options.version_mask, 0x1fffe000U);
  EXPECT_EQ(options.threads, 0U);
  EXPECT_FALSE(options.blocks);
  EXPECT_FALSE(options.seconds);
  EXPECT_EQ(options.connect_timeout, std::chrono::seconds(30));
  EXPECT_TRUE(options.colour);
}

TEST(CommandLine, MineTakesAllItsOptions) {
  const auto options = std::get<MineOptions>(parse_command_line({"mine",
                                                                 "http://u:p@127.0.0.1",
                                                                 "https://node.example:443/rpc",
                                                                 "--payout",
                                                                 kMainAddress,
                                                                 "--coinbase-text",
                                                                 "hi",
                                                                 "--devices",
                                                                 "cpu",
                                                                 "--threads",
                                                                 "3",
                                                                 "--kernel",
                                                                 "scalar",
                                                                 "--blocks",
                                                                 "5",
                                                                 "--seconds",
                                                                 "2.5",
                                                                 "--version-mask",
                                                                 "0x1fffffe0",
                                                                 "--events",
                                                                 "-",
                                                                 "--state",
                                                                 "/s",
                                                                 "--log-level",
                                                                 "debug",
                                                                 "--quiet",
                                                                 "--no-color",
                                                                 "--connect-timeout",
                                                                 "7",
                                                                 "--ca-file",
                                                                 "/ca",
                                                                 "--cookie-file",
                                                                 "/cookie"}));
  ASSERT_EQ(options.sources.size(), 2U);
  EXPECT_EQ(options.sources[0].port, 8332);
  EXPECT_EQ(options.sources[1].host, "node.example");
  EXPECT_EQ(options.sources[1].path, "/rpc");
  EXPECT_EQ(options.payout, kMainAddress);
  EXPECT_EQ(options.coinbase_text, "hi");
  EXPECT_EQ(options.devices, (std::vector<DeviceSelector>{{"cpu", std::nullopt}}));
  EXPECT_EQ(options.threads, 3U);
  EXPECT_EQ(options.kernel, "scalar");
  EXPECT_EQ(options.blocks, 5U);
  EXPECT_EQ(options.seconds->count(), 2.5);
  EXPECT_EQ(options.version_mask, 0x1fffffe0U);
  EXPECT_EQ(options.events, "-");
  EXPECT_EQ(options.state, "/s");
  EXPECT_EQ(options.log_level, LogLevel::kDebug);
  EXPECT_TRUE(options.quiet);
  EXPECT_FALSE(options.colour);
  EXPECT_EQ(options.connect_timeout, std::chrono::seconds(7));
  EXPECT_EQ(options.ca_file, "/ca");
  EXPECT_EQ(options.cookie_file, "/cookie");
}

TEST(CommandLine, SourcesCanShareTheHashes) {
  const auto parse = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"mine", "stratum+tcp://u@h:1", "stratum+tcp://u@h:2"});
    return std::get<MineOptions>(parse_command_line(words));
  };
  EXPECT_FALSE(parse({}).balance);
  EXPECT_FALSE(parse({"--strategy", "failover"}).balance);
  const auto equal = parse({"--strategy", "balance"});
  EXPECT_TRUE(equal.balance);
  EXPECT_TRUE(equal.quotas.empty());
  EXPECT_EQ(parse({"--strategy", "balance", "--quota", "3,1"}).quotas, (std::vector<std::uint64_t>{3, 1}));
}

TEST(CommandLine, NoVersionRollingEmptiesTheMask) {
  const auto options =
      std::get<MineOptions>(parse_command_line({"mine", "--no-version-rolling", "--version-mask", "1fffe000"}));
  EXPECT_EQ(options.version_mask, 0U);
}

TEST(CommandLine, BenchTakesAllItsOptions) {
  const auto options = std::get<BenchOptions>(
      parse_command_line({"bench", "--devices", "cpu", "--kernel", "all", "--threads", "2", "--midstates", "64",
                          "--seconds", ".5", "--json", "--cpu-affinity", "0-2,8", "--recalibrate", "--state", "none"}));
  EXPECT_EQ(options.kernel, "all");
  EXPECT_EQ(options.threads, 2U);
  EXPECT_THAT(options.midstates, testing::ElementsAre(64U));
  EXPECT_TRUE(options.affinity.pin);
  EXPECT_THAT(options.affinity.cpus, testing::ElementsAre(0U, 1U, 2U, 8U));
  EXPECT_TRUE(options.recalibrate);
  EXPECT_EQ(options.state, "none");
  EXPECT_EQ(options.seconds.count(), 0.5);
  EXPECT_TRUE(options.json);
}

TEST(CommandLine, BenchTakesSeveralNumbersOfMidstates) {
  EXPECT_TRUE(std::get<BenchOptions>(parse_command_line({"bench"})).midstates.empty());
  EXPECT_THAT(std::get<BenchOptions>(parse_command_line({"bench", "--midstates", "1,16,64"})).midstates,
              testing::ElementsAre(1U, 16U, 64U));
}

TEST(CommandLine, ThreadsNeedNotBeTied) {
  const auto affinity = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "mine");
    return std::get<MineOptions>(parse_command_line(std::move(arguments))).affinity;
  };
  EXPECT_EQ(affinity({}), (device::CpuAffinity{.pin = true, .cpus = {}}));
  EXPECT_EQ(affinity({"--cpu-affinity", "none"}), (device::CpuAffinity{.pin = false, .cpus = {}}));
  EXPECT_EQ(affinity({"--cpu-affinity", "4,0-1"}), (device::CpuAffinity{.pin = true, .cpus = {4, 0, 1}}));
}

TEST(CommandLine, OtherCommands) {
  EXPECT_TRUE(std::get<DevicesOptions>(parse_command_line({"devices", "--json"})).json);
  EXPECT_TRUE(std::get<DevicesOptions>(parse_command_line({"devices", "--recalibrate"})).recalibrate);
  EXPECT_EQ(std::get<DevicesOptions>(parse_command_line({"devices", "--state", "/s"})).state, "/s");
  EXPECT_EQ(std::get<VerifyOptions>(parse_command_line({"verify", "00ff"})).header, "00ff");
  EXPECT_EQ(std::get<VerifyOptions>(parse_command_line({"verify", "--block", "f"})).block, "f");
  EXPECT_TRUE(std::holds_alternative<VersionOptions>(parse_command_line({"version"})));
  EXPECT_TRUE(std::holds_alternative<VersionOptions>(parse_command_line({"--version"})));
}

TEST(CommandLine, ProbeTakesTheOptionsOfPoolsAndNodes) {
  const auto pool = std::get<ProbeOptions>(parse_command_line({"probe", "stratum+tcp://h:3333"}));
  EXPECT_EQ(pool.source.user, "probe");
  auto node = std::get<ProbeOptions>(
      parse_command_line({"probe", "https://h", "--user", "u", "--pass", "p:@/", "--payout", kMainAddress, "--ca-file",
                          "ca.pem", "--proxy", "socks5://127.0.0.1", "--seconds", "2.5", "--json"}));
  EXPECT_EQ(node.url.port, 8332);
  EXPECT_EQ(node.url.user, "u");
  EXPECT_EQ(node.url.password, "p:@/");
  EXPECT_TRUE(node.url.has_credentials);
  EXPECT_EQ(node.source.payout, kMainAddress);
  EXPECT_EQ(node.source.ca_file, "ca.pem");
  ASSERT_TRUE(node.source.proxy);
  EXPECT_EQ(node.source.proxy->port, 1080);
  EXPECT_EQ(node.seconds.count(), 2.5);
  EXPECT_TRUE(node.json);
  node = std::get<ProbeOptions>(parse_command_line({"probe", "http://a:b@h", "--user", "u"}));
  EXPECT_EQ(node.url.user, "a") << "the URL's own comes first";
  node = std::get<ProbeOptions>(parse_command_line({"probe", "http://h", "--cookie-file", ".cookie"}));
  EXPECT_EQ(node.source.cookie_file, ".cookie");
  EXPECT_FALSE(node.url.has_credentials);
}

TEST(CommandLine, TheEmbeddedChainsOwnAddressIsOneItTakes) {
  const auto options = std::get<MineOptions>(parse_command_line({"mine", "--payout", embedded_chain_payout()}));
  EXPECT_EQ(options.payout, embedded_chain_payout());
}

class ConfiguredCommandLine : public testing::Test {
 protected:
  Invocation with_config(const std::string& text, const std::vector<std::string>& more = {}) {
    std::ofstream(file_) << text;
    std::vector<std::string> arguments{"mine", "--config", file_.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return parse_command_line(arguments);
  }
  std::string error_of(const std::string& text) {
    const Invocation invocation = with_config(text);
    const auto* exit = std::get_if<Exit>(&invocation);
    return exit == nullptr ? "accepted" : exit->err;
  }

  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "lode.toml";
};

TEST_F(ConfiguredCommandLine, KeysAreTheOptions) {
  const auto options =
      std::get<MineOptions>(with_config("source = [\"http://a:1\", \"http://b:2\"]\npayout = \"" + kMainAddress +
                                        "\"\nthreads = 4\nseconds = 1.5\nquiet = true\nno-color = false\nversion-mask "
                                        "= 0x1fffffe0\ndevices = [\"cpu\"]\ncpu-affinity = [0, \"2-3\"]\n"));
  ASSERT_EQ(options.sources.size(), 2U);
  EXPECT_EQ(options.sources[1].host, "b");
  EXPECT_EQ(options.threads, 4U);
  EXPECT_EQ(options.seconds->count(), 1.5);
  EXPECT_TRUE(options.quiet);
  EXPECT_TRUE(options.colour);
  EXPECT_EQ(options.version_mask, 0x1fffffe0U);
  EXPECT_EQ(options.devices.size(), 1U);
  EXPECT_THAT(options.affinity.cpus, testing::ElementsAre(0U, 2U, 3U));
}

TEST_F(ConfiguredCommandLine, TheCommandLineWins) {
  const std::string text = "threads = 4\nsource = \"http://a:1\"\npayout = \"" + kMainAddress + "\"\n";
  const auto options = std::get<MineOptions>(with_config(text, {"--threads", "2", "http://b:2", "http://c:3"}));
  EXPECT_EQ(options.threads, 2U);
  ASSERT_EQ(options.sources.size(), 2U);
  EXPECT_EQ(options.sources[0].host, "b");
}

TEST_F(ConfiguredCommandLine, AnErrorNamesTheKeyAndTheFile) {
  for (const auto& [text, part] :
       std::vector<std::pair<std::string, std::string>>{{"thread = 4", "unknown key 'thread'"},
                                                        {"help = true", "unknown key 'help'"},
                                                        {"config = \"x\"", "unknown key 'config'"},
                                                        {"[mine]\nthreads = 4", "'mine'"},
                                                        {"threads = \"x\"", "threads: 'x' is not a whole number"},
                                                        {"threads = -1", "threads: '-1'"},
                                                        {"threads = [1, 2]", "threads: must be one value"},
                                                        {"threads = []", "threads: must be one value"},
                                                        {"threads = 1979-05-27", "'threads'"},
                                                        {"quiet = 3", "quiet: must be true or false"},
                                                        {"quiet = [true, true]", "quiet: must be true or false"},
                                                        {"source = \"ftp://x\"", "ftp"},
                                                        {"threads = ", "not valid TOML"},
                                                        {"payout = \"abc\"", "payout"}}) {
    const std::string error = error_of(text);
    EXPECT_THAT(error, HasSubstr(part)) << text;
    if (text.find("payout") == std::string::npos) {
      EXPECT_THAT(error, HasSubstr(file_.string())) << text;
    }
  }
}

TEST_F(ConfiguredCommandLine, TheSampleFileIsAccepted) {
  const Invocation invocation = parse_command_line({"mine", "--config", LODE_SAMPLE_CONFIG});
  const auto* exit = std::get_if<Exit>(&invocation);
  EXPECT_EQ(exit, nullptr) << exit->err;
}

}  // namespace
}  // namespace lode::app
