// Writes sha256d.cl: the offsets of the parameters, words.cl, the hash as kernels/gpu/hash.h does it, and scan.cl.
//
//     generate_source WORDS.cl SCAN.cl OUTPUT.cl
//
// Runs when lode is built.
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/gpu/balance.h"
#include "kernels/gpu/hash.h"
#include "kernels/gpu/scan_params.h"
#include "kernels/opencl/recorded_word.h"

namespace lode::kernels::opencl {
namespace {

using gpu::Balance;
using gpu::Tuning;
using Launch = gpu::LaunchParams<kMaxMidstates>;

/// A place of a structure, counted in words.
#define LODE_WORD_OF(type, member) (offsetof(type, member) / sizeof(std::uint32_t))

static_assert(LODE_WORD_OF(gpu::LaunchParams<1>, midstates) == LODE_WORD_OF(Launch, midstates),
              "both kernels find everything at the same place");
static_assert(offsetof(gpu::HitSlot, nonce_word) == 0 && offsetof(gpu::HitSlot, midstate_plus_one) == 4,
              "a slot is a uint2");

std::string layout() {
  const std::pair<const char*, std::size_t> values[] = {
      {"LIMIT", LODE_WORD_OF(Launch, limit)},
      {"MASK", LODE_WORD_OF(Launch, mask)},
      {"POWERS", LODE_WORD_OF(Launch, powers)},
      {"CHUNKS_FIRST", LODE_WORD_OF(Launch, chunks.first)},
      {"CHUNKS_LAST", LODE_WORD_OF(Launch, chunks.last)},
      {"CHUNKS_NONCES", LODE_WORD_OF(Launch, chunks.nonces)},
      {"CHUNKS_COUNT", LODE_WORD_OF(Launch, chunks.count)},
      {"POLL_INTERVAL", LODE_WORD_OF(Launch, poll_interval)},
      {"EPOCH", LODE_WORD_OF(Launch, epoch)},
      {"HIT_CAPACITY", LODE_WORD_OF(Launch, hit_capacity)},
      {"MIDSTATE_COUNT", LODE_WORD_OF(Launch, midstate_count)},
      {"MIDSTATES", LODE_WORD_OF(Launch, midstates)},
      {"MIDSTATE_WORDS", sizeof(gpu::MidstateParams) / sizeof(std::uint32_t)},
      {"NEXT_CHUNK", LODE_WORD_OF(gpu::ScanCounters, next_chunk)},
      {"STOPPED_AT", LODE_WORD_OF(gpu::ScanCounters, stopped_at)},
      {"FOUND", LODE_WORD_OF(gpu::ScanCounters, found)},
      {"STOPPED", gpu::kStopped},
      {"MAILBOX_EPOCH", LODE_WORD_OF(gpu::Mailbox, epoch)},
      {"MAILBOX_CHUNKS_TAKEN", LODE_WORD_OF(gpu::Mailbox, chunks_taken)},
  };
  std::string text = "// Where the words of scan_params.h are.\n";
  for (const auto& [name, value] : values)
    text += std::string("#define LODE_") + name + " " + std::to_string(value) + "u\n";
  return text;
}

template <std::size_t kCount>
std::array<RecordedWord, kCount> given_words(Recording& recording, const std::string& from, std::size_t first) {
  std::array<RecordedWord, kCount> words;
  for (std::size_t i = 0; i < kCount; ++i)
    words[i] = recording.given(from + "(" + std::to_string(first + i) + ")");
  return words;
}
template <std::size_t kCount>
void give_words(RecordedWord (&words)[kCount], Recording& recording, std::size_t first) {
  const auto given = given_words<kCount>(recording, "LODE_M", first);
  for (std::size_t i = 0; i < kCount; ++i)
    words[i] = given[i];
}

/// What a function is given.
struct Given {
  Recording recording;
  RecordedWord nonce = recording.given("nonce");
  RecordedWord one = recording.given("LODE_WORD(one)");
  std::array<RecordedWord, 32> powers = given_words<32>(recording, "LODE_P", LODE_WORD_OF(Launch, powers));
  RecordedTypes::Tail tail{
      .keys = given_words<18>(recording, "LODE_P", LODE_WORD_OF(Launch, tail.keys)),
      .constants = given_words<kFirstFullWord>(recording, "LODE_P", LODE_WORD_OF(Launch, tail.constants))};
  RecordedTypes::Midstate midstate{};

  Given() {
    give_words(midstate.start, recording, LODE_WORD_OF(gpu::MidstateParams, start));
    give_words(midstate.h_and_keys, recording, LODE_WORD_OF(gpu::MidstateParams, h_and_keys));
    give_words(midstate.midstate, recording, LODE_WORD_OF(gpu::MidstateParams, midstate));
  }
  template <Tuning kTuning>
  [[nodiscard]] gpu::Pipes<kTuning, RecordedTypes> pipes() const {
    return {one, powers.data()};
  }
};

/// Reads what store_keys() left.
template <Tuning kTuning>
struct StoredKeys {
  const gpu::Pipes<kTuning, RecordedTypes>& pipes;
  Recording& recording;

  template <int kRound>
  RecordedWord add_to(RecordedWord h) {
    const std::string group = std::to_string((kRound - 16) / 4);
    return pipes.key_sum(h, recording.given("LODE_KEY(" + group + ", " + std::to_string(kRound % 4) + ")"));
  }
};

std::string function(const std::string& head, const Recording& body) {
  return "LODE_FUNCTION " + head + " {\n" + body.text() + "}\n\n";
}

template <Tuning kTuning>
std::string hash_fused() {
  Given given;
  const auto pipes = given.pipes<kTuning>();
  gpu::FusedKeys<kTuning, RecordedTypes> keys{gpu::begin_schedule(pipes, given.tail, given.nonce)};
  given.recording.stated("return @", {gpu::header_hash(pipes, given.midstate, given.nonce, keys)});
  return function(
      "word_t hash_fused(__constant const uint* params, __constant const uint* midstate, const uint one, "
      "const word_t nonce)",
      given.recording);
}

template <Tuning kTuning, int... kGroup>
std::string store_keys(std::integer_sequence<int, kGroup...>) {
  Given given;
  const auto pipes = given.pipes<kTuning>();
  auto schedule = gpu::begin_schedule(pipes, given.tail, given.nonce);
  const auto put = [&](int group, std::vector<RecordedWord> keys) {
    given.recording.stated("LODE_PUT_KEYS(" + std::to_string(group) + ", @, @, @, @)", std::move(keys));
  };
  (put(kGroup,
       std::vector<RecordedWord>{gpu::next_key<16 + 4 * kGroup>(schedule), gpu::next_key<17 + 4 * kGroup>(schedule),
                                 gpu::next_key<18 + 4 * kGroup>(schedule), gpu::next_key<19 + 4 * kGroup>(schedule)}),
   ...);
  return function(
      "void store_keys(__constant const uint* params, const uint one, const word_t nonce, __local keys_t* keys)",
      given.recording);
}

template <Tuning kTuning>
std::string hash_stored() {
  Given given;
  const auto pipes = given.pipes<kTuning>();
  StoredKeys<kTuning> keys{pipes, given.recording};
  given.recording.stated("return @", {gpu::header_hash(pipes, given.midstate, given.nonce, keys)});
  return function(
      "word_t hash_stored(__constant const uint* params, __constant const uint* midstate, const uint one, "
      "const word_t nonce, __local keys_t* keys)",
      given.recording);
}

template <Balance kBalance>
std::string bodies() {
  return "#if LODE_BALANCE == " + std::to_string(static_cast<int>(kBalance)) + "\n\n" +
         "/// Digest word 7 of the headers with this midstate and these nonce words.\n" +
         hash_fused<gpu::balanced_m1(kBalance)>() + "#if LODE_KEYS_STORED\n\n" +
         "/// Leaves K + W of rounds 16 .. 63 of hash 1 for hash_stored().\n" +
         store_keys<gpu::balanced_mn(kBalance)>(std::make_integer_sequence<int, 12>{}) + "/// As hash_fused().\n" +
         hash_stored<gpu::balanced_mn(kBalance)>() + "#endif\n\n#endif\n\n";
}

std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) throw std::runtime_error(std::string("cannot read ") + path);
  return text;
}

void generate(const char* words, const char* scan, const char* output) {
  std::ofstream file(output, std::ios::binary);
  file << "// SHA-256d in OpenCL C 1.2, made from kernels/gpu/hash.h when lode was built.\n\n"
       << layout() << '\n'
       << contents(words) << '\n'
       << bodies<Balance::kNone>() << bodies<Balance::kLight>() << bodies<Balance::kMedium>()
       << bodies<Balance::kHeavy>() << contents(scan);
  file.close();
  if (!file) throw std::runtime_error(std::string("cannot write ") + output);
}

}  // namespace
}  // namespace lode::kernels::opencl

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: generate_source WORDS.cl SCAN.cl OUTPUT.cl\n";
    return 2;
  }
  try {
    lode::kernels::opencl::generate(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::cerr << "generate_source: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
