// How many instructions a piece of code executes: exact where times only tell of the weather on the machine.
//
// Both ways are slow (a thousand times and fifty times slower than the code itself) and need Linux. Any thread of a
// program that has only one.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lode::kernels {

/// The system does not let us count, or lacks a tool. what() says why.
struct CannotCount : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Instructions that `work` executes in user space, and a few hundred of the counting itself, always as many. `work`
/// runs in a child process that is stopped after each of its instructions (ptrace(2), PTRACE_SINGLESTEP), so any
/// instruction that the CPU knows can be counted. It must not start threads and leaves no traces in the caller. Throws
/// CannotCount, and std::runtime_error if the work does not come to its end.
std::uint64_t count_by_stepping(const std::function<void()>& work);

/// Instructions of a whole run of a program, by `valgrind --tool=callgrind`. Throws CannotCount if valgrind is not
/// there or the program fails under it: it knows fewer instructions than CPUs do (3.19 neither SHA-NI nor AVX-512).
std::uint64_t count_by_callgrind(const std::vector<std::string>& command);

/// Counts loops of known length by stepping, and throws std::runtime_error if the answer is wrong. CannotCount as
/// above.
void check_stepping();

}  // namespace lode::kernels
