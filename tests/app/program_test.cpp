// The program as scripts see it: exit status, standard output, standard error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "host/app/cuda_backend.h"
#include "host/app/exit_codes.h"
#include "host/device/thread_affinity.h"
#include "kernels/cpu/registry.h"
#include "tests/app/subprocess.h"
#include "tests/support/temporary_folder.h"

namespace lode::app {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

/// Bitcoin's first block, whose header ends in nonce 1dac2b7c.
const std::string kGenesis =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc388"
    "8a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
const std::string kGenesisCoinbase =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d"
    "65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f7220"
    "62616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f"
    "4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000";

/// Runs with a state folder of its own: whoever runs the tests keeps theirs.
Finished lode(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  const test::TemporaryFolder state;
  arguments.insert(arguments.begin(), LODE_PROGRAM);
  environment.insert(environment.begin(), "XDG_STATE_HOME=" + state.path().string());
  return run_program(arguments, environment);
}

TEST(Program, WithoutArgumentsShowsHelpAndFails) {
  const Finished done = lode({});
  EXPECT_EQ(done.status, kExitUsage);
  EXPECT_THAT(done.out, HasSubstr("mine"));
}

TEST(Program, Version) {
  for (const char* word : {"version", "--version"}) {
    const Finished done = lode({word});
    EXPECT_EQ(done.status, kExitOk);
    EXPECT_THAT(done.out, HasSubstr("lode "));
    EXPECT_THAT(done.out, HasSubstr("commit"));
    EXPECT_THAT(done.out, HasSubstr("OpenSSL"));
  }
}

TEST(Program, AWrongArgumentIsOneLineOnStandardError) {
  const Finished done = lode({"mine", "--no-such-option"});
  EXPECT_EQ(done.status, kExitUsage);
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("--no-such-option"));
  EXPECT_EQ(std::ranges::count(done.err, '\n'), 1) << done.err;
}

TEST(Program, VerifyAcceptsTheGenesisHeader) {
  const Finished done = lode({"verify", kGenesis});
  EXPECT_EQ(done.status, kExitOk) << done.err;
  EXPECT_THAT(done.out, HasSubstr("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"));
  EXPECT_THAT(done.out, HasSubstr("pass high-hash"));
}

TEST(Program, VerifyRefusesAWrongNonce) {
  const Finished done = lode({"verify", kGenesis.substr(0, 158) + "7d"});
  EXPECT_EQ(done.status, kExitInvalid);
  EXPECT_THAT(done.out, HasSubstr("FAIL high-hash"));
}

TEST(Program, VerifyRefusesImpossibleBits) {
  const Finished done = lode({"verify", kGenesis.substr(0, 144) + "ffffffff" + kGenesis.substr(152)});
  EXPECT_EQ(done.status, kExitInvalid);
}

TEST(Program, VerifyTellsAHeaderFromNoHeader) {
  for (const std::string& text : {std::string("00"), kGenesis + "00", std::string(160, 'g')}) {
    const Finished done = lode({"verify", text});
    EXPECT_EQ(done.status, kExitUsage) << text;
    EXPECT_NE(done.err, "") << text;
  }
}

TEST(Program, VerifyReadsABlockFromHexAndFromFiles) {
  const std::string block = kGenesis + "01" + kGenesisCoinbase;
  const test::TemporaryFolder folder;
  const std::string hex_file = folder.path() / "hex";
  const std::string raw_file = folder.path() / "raw";
  std::ofstream(hex_file) << block.substr(0, 100) << "\n" << block.substr(100) << "\n";
  std::ofstream raw(raw_file, std::ios::binary);
  for (std::size_t i = 0; i < block.size(); i += 2)
    raw.put(static_cast<char>(std::stoi(block.substr(i, 2), nullptr, 16)));
  raw.close();
  for (const std::string& argument : {block, hex_file, raw_file}) {
    const Finished done = lode({"verify", "--block", argument});
    EXPECT_EQ(done.status, kExitOk) << done.out << done.err;
    EXPECT_THAT(done.out, HasSubstr("pass bad-txnmrklroot"));
  }
  std::string spoiled = block;
  spoiled[300] = spoiled[300] == '0' ? '1' : '0';
  EXPECT_EQ(lode({"verify", "--block", spoiled}).status, kExitInvalid);
  EXPECT_EQ(lode({"verify", "--block", kGenesis}).status, kExitUsage);
  EXPECT_EQ(lode({"verify", "--block", "/nonexistent"}).status, kExitUsage);
  EXPECT_EQ(lode({"verify", "--block", folder.path()}).status, kExitUsage);
}

TEST(Program, DevicesJson) {
  const Finished done = lode({"devices", "--json"});
  ASSERT_EQ(done.status, kExitOk);
  const json::value report = json::parse(done.out);
  EXPECT_EQ(report.at("program").as_string(), "lode");
  bool cpu = false;
  for (const json::value& device : report.at("devices").as_array()) {
    if (device.at("device").as_string() != "cpu") continue;
    cpu = true;
    int defaults = 0;
    EXPECT_EQ(device.at("kernels").as_array().size(), kernels::kernels().size());
    for (const json::value& kernel : device.at("kernels").as_array()) {
      defaults += kernel.at("default").as_bool() ? 1 : 0;
      EXPECT_EQ(kernel.at("usable").as_bool(), kernel.at("reason").is_null());
    }
    EXPECT_EQ(defaults, 1);
  }
  EXPECT_TRUE(cpu);
}

TEST(Program, SaysWhatOpenClLacks) {
  // Without a loader, or with one that is shown a folder without drivers, something has to be installed.
  const test::TemporaryFolder empty;
  const std::vector<std::string> no_driver{"OCL_ICD_VENDORS=" + empty.path().string()};
  const Finished listed = lode({"devices"}, no_driver);
  EXPECT_EQ(listed.status, kExitOk);
  EXPECT_THAT(listed.out, testing::ContainsRegex("opencl: no (platform|ICD loader).*: install "));
  for (const char* const devices : {"opencl", "opencl:0", "opencl:0.0", "cpu,opencl"}) {
    const Finished done = lode({"mine", "--devices", devices}, no_driver);
    EXPECT_EQ(done.status, kExitNoDevice) << devices;
    EXPECT_THAT(done.err, testing::ContainsRegex("opencl: no (platform|ICD loader).*: install ")) << devices;
  }
}

TEST(Program, NeedsNoDriverOfAGpuToStart) {
  if (!std::filesystem::exists("/usr/bin/ldd"))
    GTEST_SKIP() << "needs /usr/bin/ldd to see what the program is bound to";
  const Finished done = run_program({"/usr/bin/ldd", LODE_PROGRAM});
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("libc.so"));
  for (const char* const library : {"libOpenCL", "libcuda", "libnvidia"})
    EXPECT_THAT(done.out, testing::Not(HasSubstr(library)));
}

TEST(Program, BenchJson) {
  const Finished done =
      lode({"bench", "--kernel", "all", "--seconds", "0.05", "--threads", "2", "--json", "--cpu-affinity", "none"});
  ASSERT_EQ(done.status, kExitOk) << done.err;
  const json::value report = json::parse(done.out);
  EXPECT_EQ(report.at("algorithm").as_string(), "sha256d");
  std::size_t expected = 0;  // without version rolling, and with it where the kernel profits
  for (const kernels::Kernel& kernel : kernels::kernels()) {
    if (kernels::usable(kernel)) expected += kernel.max_midstates > 1 ? 2 : 1;
  }
  // A kernel may turn out to be faster without.
  ASSERT_LE(report.at("results").as_array().size(), expected);
  std::set<std::string> single;
  for (const json::value& row : report.at("results").as_array()) {
    if (row.at("midstates").to_number<int>() == 1) single.emplace(row.at("kernel").as_string());
  }
  EXPECT_EQ(single.size(), static_cast<std::size_t>(std::ranges::count_if(
                               kernels::kernels(), [](const auto& kernel) { return kernels::usable(kernel); })));
  for (const json::value& row : report.at("results").as_array()) {
    EXPECT_EQ(row.at("device").as_string(), "cpu");
    EXPECT_NE(row.at("device_name").as_string(), "");
    EXPECT_EQ(row.at("threads").to_number<int>(), 2);
    EXPECT_GE(row.at("midstates").to_number<int>(), 1);
    EXPECT_TRUE(row.at("verified").as_bool());
    const double hashes = row.at("hashes").to_number<double>();
    const double seconds = row.at("seconds").to_number<double>();
    EXPECT_GT(hashes, 0);
    EXPECT_NEAR(row.at("hashes_per_second").to_number<double>(), hashes / seconds, hashes / seconds * 1e-9);
  }
}

TEST(Program, SaysThatThereIsNoGpu) {
  const auto reason = why_no_cuda();
  if (!reason) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_THAT(lode({"devices"}).out, HasSubstr("cuda: " + *reason));
  for (const char* const command : {"bench", "mine"}) {
    for (const char* const devices : {"cuda", "cuda:0", "cpu,cuda"}) {
      const Finished done = lode({command, "--devices", devices});
      EXPECT_EQ(done.status, kExitNoDevice) << command << ' ' << devices;
      EXPECT_THAT(done.err, HasSubstr("cuda: " + *reason));
    }
  }
}

TEST(Program, BenchRefusesWhatIsNotThere) {
  EXPECT_EQ(lode({"bench", "--kernel", "abacus"}).status, kExitUsage);
  EXPECT_EQ(lode({"bench", "--devices", "opencl"}).status, kExitNoDevice);
  for (const kernels::Kernel& kernel : kernels::kernels()) {
    if (kernels::usable(kernel)) continue;
    const Finished done = lode({"bench", "--kernel", std::string(kernel.name)});
    EXPECT_EQ(done.status, kExitNoDevice);
    EXPECT_THAT(done.err, HasSubstr(std::string(kernel.name)));
  }
}

TEST(Program, MinesOnTheEmbeddedChain) {
  const Finished done = lode({"mine", "--blocks", "3", "--threads", "1", "--events", "-"});
  ASSERT_EQ(done.status, kExitOk) << done.err;
  std::istringstream lines(done.out);
  std::vector<json::value> events;
  for (std::string line; std::getline(lines, line);)
    events.push_back(json::parse(line));
  ASSERT_GE(events.size(), 2U);
  EXPECT_EQ(events.front().at("event").as_string(), "started");
  EXPECT_EQ(events.back().at("event").as_string(), "stopped");
  EXPECT_EQ(events.back().at("blocks_accepted").to_number<int>(), 3);
  EXPECT_GT(events.back().at("hashes").to_number<std::uint64_t>(), 0U);
  EXPECT_EQ(std::ranges::count_if(events, [](const auto& e) { return e.at("event").as_string() == "block_accepted"; }),
            3);
  EXPECT_THAT(done.err, HasSubstr("pays nothing"));
}

TEST(Program, DevicesAreCalibratedOnce) {
  const test::TemporaryFolder folder;
  const std::string state = folder.path() / "deep" / "state";
  const auto calibration = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"devices", "--json", "--state", state});
    const Finished done = lode(more);
    EXPECT_EQ(done.status, kExitOk);
    EXPECT_EQ(done.err, "");
    const json::value report = json::parse(done.out);
    for (const json::value& device : report.at("devices").as_array()) {
      if (device.at("device").as_string() == "cpu") return device.at("calibration").as_object();
    }
    return json::object();
  };
  const json::object first = calibration({});
  EXPECT_FALSE(first.at("remembered").as_bool());
  EXPECT_EQ(first.at("single").at("midstates").to_number<int>(), 1);
  EXPECT_GT(first.at("single").at("hashes_per_second").to_number<double>(), 0.0);
  EXPECT_NE(kernels::find_kernel(std::string(first.at("rolling").at("kernel").as_string())), nullptr);
  json::object second = calibration({});
  EXPECT_TRUE(second.at("remembered").as_bool());
  second["remembered"] = false;
  EXPECT_EQ(second, first);
  EXPECT_FALSE(calibration({"--recalibrate"}).at("remembered").as_bool());

  std::ofstream(state + "/calibration.json") << "?";
  const Finished damaged = lode({"devices", "--state", state});
  EXPECT_EQ(damaged.status, kExitOk);
  EXPECT_THAT(damaged.err, HasSubstr("calibration.json: it is damaged"));
  EXPECT_THAT(damaged.out, HasSubstr("at M = 1: "));
  EXPECT_TRUE(calibration({}).at("remembered").as_bool()) << "rewritten";
  const Finished unwritable = lode({"devices", "--state", "/dev/null/x"});
  EXPECT_EQ(unwritable.status, kExitOk);
  EXPECT_THAT(unwritable.err, HasSubstr("not remembered"));
}

TEST(Program, AKernelThatIsNamedIsTheOneThatMines) {
  for (const kernels::Kernel& kernel : kernels::kernels()) {
    if (!kernels::usable(kernel)) continue;
    const Finished done = lode({"mine", "--kernel", std::string(kernel.name), "--blocks", "1", "--threads", "1",
                                "--events", "-", "--cpu-affinity", "none", "--no-version-rolling"});
    ASSERT_EQ(done.status, kExitOk) << done.err;
    const json::value started = json::parse(done.out.substr(0, done.out.find('\n')));
    const json::value& device = started.at("devices").at(0);
    EXPECT_EQ(device.at("kernel").as_string(), kernel.name);
    EXPECT_EQ(device.at("single_kernel").as_string(), kernel.name);
    EXPECT_EQ(device.at("midstates").to_number<int>(), 1) << "no version rolling";
    EXPECT_TRUE(device.at("cpus").as_array().empty());
  }
}

TEST(Program, ThreadsAreTiedToTheCpusListed) {
  const std::vector<unsigned> allowed = device::allowed_cpus();
  if (allowed.empty()) GTEST_SKIP() << "this system does not tell which CPUs a thread may use";
  const std::string last = std::to_string(allowed.back());
  const Finished done = lode({"mine", "--kernel", "scalar", "--blocks", "1", "--cpu-affinity", last, "--events", "-"});
  ASSERT_EQ(done.status, kExitOk) << done.err;
  const json::value device = json::parse(done.out.substr(0, done.out.find('\n'))).at("devices").at(0);
  EXPECT_EQ(device.at("threads").to_number<int>(), 1);
  EXPECT_EQ(device.at("cpus"), json::array{allowed.back()});
  EXPECT_THAT(done.err, HasSubstr("1 thread on CPU " + last));

  const Finished unknown = lode({"mine", "--kernel", "scalar", "--cpu-affinity", "8191"});
  EXPECT_EQ(unknown.status, kExitUsage);
  EXPECT_THAT(unknown.err, HasSubstr("there is no CPU 8191"));
  const Finished many = lode({"bench", "--kernel", "scalar", "--cpu-affinity", last, "--threads", "2"});
  EXPECT_EQ(many.status, kExitUsage);
  EXPECT_THAT(many.err, HasSubstr("--cpu-affinity lists only 1"));
}

TEST(Program, BenchMeasuresEveryNumberOfMidstatesAsked) {
  const Finished done =
      lode({"bench", "--kernel", "all", "--seconds", "0.05", "--threads", "1", "--midstates", "1,5", "--json"});
  ASSERT_EQ(done.status, kExitOk) << done.err;
  std::vector<std::pair<std::string, int>> rows;
  const json::value report = json::parse(done.out);
  for (const json::value& row : report.at("results").as_array()) {
    rows.emplace_back(row.at("kernel").as_string(), row.at("midstates").to_number<int>());
    EXPECT_TRUE(row.at("verified").as_bool());
  }
  std::vector<std::pair<std::string, int>> expected;
  for (const kernels::Kernel& kernel : kernels::kernels()) {
    if (!kernels::usable(kernel)) continue;
    expected.emplace_back(kernel.name, 1);
    expected.emplace_back(kernel.name, 5);
  }
  EXPECT_EQ(rows, expected);
}

TEST(Program, ASignalStopsCleanly) {
  const std::pair<int, std::string> signals[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};
  for (const auto& [number, name] : signals) {
    RunningProgram program({LODE_PROGRAM, "mine", "--threads", "1", "--state", "none", "--events", "-"});
    ASSERT_TRUE(program.wait_for_output(R"("event":"started")")) << program.finish().err;
    program.signal(number);
    const Finished done = program.finish();
    EXPECT_EQ(done.status, kExitOk) << done.err;
    EXPECT_THAT(done.out, HasSubstr(R"("event":"stopped")")) << name;
    EXPECT_THAT(done.err, HasSubstr(name));
  }
}

TEST(Program, MineRefusesWithTheDocumentedStatus) {
  EXPECT_EQ(lode({"mine", "--devices", "opencl"}).status, kExitNoDevice);
  EXPECT_EQ(lode({"mine", "--kernel", "abacus"}).status, kExitUsage);
  EXPECT_EQ(lode({"mine", "--events", "/nonexistent/x"}).status, kExitUsage);
}

TEST(Program, AnUnwritableStateFolderStopsANodesMiner) {
  const std::vector<std::string> node{"mine", "http://u:p@127.0.0.1:1", "--payout",
                                      "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"};
  std::vector<std::string> arguments = node;
  arguments.insert(arguments.end(), {"--state", "/dev/null/state"});
  const Finished done = lode(arguments);
  EXPECT_EQ(done.status, kExitUsage);
  EXPECT_THAT(done.err, HasSubstr("/dev/null"));
  EXPECT_THAT(done.err, HasSubstr("--state none"));
}

TEST(Program, ANodeThatIsNotThereCannotBeProbed) {
  const std::string url = "http://user:hunter2@127.0.0.1:1";
  const Finished done = lode({"probe", url});
  EXPECT_EQ(done.status, kExitNoSource) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_THAT(done.err, HasSubstr("127.0.0.1:1"));
  const Finished as_json = lode({"probe", url, "--json"});
  EXPECT_EQ(as_json.status, kExitNoSource) << as_json.err;
  const json::object report = json::parse(as_json.out).as_object();
  EXPECT_TRUE(report.at("failure").is_string());
  EXPECT_TRUE(report.at("template").is_null());
  EXPECT_THAT(done.err + as_json.out + as_json.err, testing::Not(HasSubstr("hunter2")));
}

TEST(Program, ANodeThatIsNotThereIsNoSource) {
  const Finished done =
      lode({"mine", "http://user:hunter2@127.0.0.1:1", "--payout", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
            "--state", "none", "--connect-timeout", "1"});
  EXPECT_EQ(done.status, kExitNoSource) << done.err;
  EXPECT_THAT(done.err, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(done.out + done.err, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace lode::app
