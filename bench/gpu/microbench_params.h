// What passes between the host and the microbenchmark kernels (microbench.cu). Trivially copyable; plain values.
#pragma once

#include <cstdint>

namespace lode::bench {

/// What the first thread of a block saw.
struct BlockRecord {
  std::uint64_t clock_begin;  ///< of the multiprocessor's clock
  std::uint64_t clock_end;
  std::uint64_t nanoseconds_begin;  ///< of the GPU's timer, which all multiprocessors share
  std::uint64_t nanoseconds_end;
  std::uint32_t multiprocessor;
};

struct MicrobenchParams {
  std::uint32_t words[4];        ///< operands that the compiler must not know; any but zero
  std::uint32_t iterations;      ///< of the loop that is measured
  std::uint32_t nanoseconds;     ///< how long clock_probe lasts
  BlockRecord* records;          ///< one for each block
  std::uint32_t* never_written;  ///< keeps the results alive
};

/// A kernel's loop: what it has of each instruction. The names are checked against the machine code by
/// check_microbench.py, which reads the same list from `gpu_microbench --list`.
struct MicrobenchKernel {
  const char* name;       ///< in the module
  const char* first;      ///< instruction
  const char* second;     ///< the other one of a pair, or ""
  std::uint32_t of_each;  ///< in one turn of the loop
  std::uint32_t chains;   ///< that do not depend on each other; 1: every instruction waits for the one before
};

inline constexpr std::uint32_t kRateInstructions = 512;
inline constexpr std::uint32_t kLatencyInstructions = 256;

inline constexpr MicrobenchKernel kMicrobenchKernels[] = {
    {"imad", "IMAD", "", kRateInstructions, 8},
    {"imad_hi", "IMAD.HI", "", kRateInstructions, 8},
    {"imad_wide", "IMAD.WIDE", "", kRateInstructions, 8},
    {"lop3", "LOP3", "", kRateInstructions, 8},
    {"shf", "SHF", "", kRateInstructions, 8},
    {"iadd3", "IADD3", "", kRateInstructions, 8},
    {"lea_hi", "LEA", "", kRateInstructions, 8},
    {"lop3_imad", "LOP3", "IMAD", kRateInstructions / 2, 16},
    {"lop3_imad_hi", "LOP3", "IMAD.HI", kRateInstructions / 2, 16},
    {"lop3_imad_wide", "LOP3", "IMAD.WIDE", kRateInstructions / 2, 16},
    {"shf_imad", "SHF", "IMAD", kRateInstructions / 2, 16},
    {"shf_imad_hi", "SHF", "IMAD.HI", kRateInstructions / 2, 16},
    {"iadd3_imad", "IADD3", "IMAD", kRateInstructions / 2, 16},
    {"lea_hi_imad", "LEA", "IMAD", kRateInstructions / 2, 16},
    {"lop3_shf", "LOP3", "SHF", kRateInstructions / 2, 16},
    {"lop3_iadd3", "LOP3", "IADD3", kRateInstructions / 2, 16},
    {"lop3_lea_hi", "LOP3", "LEA", kRateInstructions / 2, 16},
    {"imad_imad_hi", "IMAD", "IMAD.HI", kRateInstructions / 2, 16},
    {"latency_imad", "IMAD", "", kLatencyInstructions, 1},
    {"latency_imad_hi", "IMAD.HI", "", kLatencyInstructions, 1},
    {"latency_imad_wide", "IMAD.WIDE", "", kLatencyInstructions, 1},
    {"latency_lop3", "LOP3", "", kLatencyInstructions, 1},
    {"latency_shf", "SHF", "", kLatencyInstructions, 1},
    {"latency_iadd3", "IADD3", "", kLatencyInstructions, 1},
    {"latency_lea_hi", "LEA", "", kLatencyInstructions, 1},
    {"warps_lop3_imad", "LOP3", "IMAD", kLatencyInstructions / 2, 2},
    {"loop_8k", "LOP3", "IMAD", 8 * 1024 / 32, 16},
    {"loop_16k", "LOP3", "IMAD", 16 * 1024 / 32, 16},
    {"loop_24k", "LOP3", "IMAD", 24 * 1024 / 32, 16},
    {"loop_32k", "LOP3", "IMAD", 32 * 1024 / 32, 16},
    {"loop_40k", "LOP3", "IMAD", 40 * 1024 / 32, 16},
    {"loop_48k", "LOP3", "IMAD", 48 * 1024 / 32, 16},
    {"loop_64k", "LOP3", "IMAD", 64 * 1024 / 32, 16},
    {"loop_96k", "LOP3", "IMAD", 96 * 1024 / 32, 16},
    {"loop_128k", "LOP3", "IMAD", 128 * 1024 / 32, 16},
    {"loop_192k", "LOP3", "IMAD", 192 * 1024 / 32, 16},
};

}  // namespace lode::bench
