#include "tests/kernels/instruction_counter.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <sstream>
#include <string_view>

namespace lode::kernels {
namespace {

/// How the child says that it may not be traced.
constexpr int kNotTraced = 77;

/// Parent and child run in turn, never together: on one CPU they hand over faster. For the time of its life.
class OnOneCpu {
 public:
  OnOneCpu() {
    const int here = ::sched_getcpu();
    if (here < 0 || ::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(here), &one);
    changed_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
  }
  ~OnOneCpu() {
    if (changed_) ::sched_setaffinity(0, sizeof before_, &before_);
  }
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;

 private:
  cpu_set_t before_{};
  bool changed_ = false;
};

/// A child process, ended at the latest with this object.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() {
    if (ended_) return;
    ::kill(id_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next change of its state, as waitpid(2) tells it.
  int wait() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0) {
      if (errno != EINTR) throw std::runtime_error(std::string("waitpid: ") + std::strerror(errno));
    }
    ended_ = WIFEXITED(status) || WIFSIGNALED(status);
    return status;
  }
  bool step() { return ::ptrace(PTRACE_SINGLESTEP, id_, nullptr, nullptr) == 0; }

 private:
  pid_t id_;
  bool ended_ = false;
};

bool stopped_by(int status, int signal) {
  return WIFSTOPPED(status) && WSTOPSIG(status) == signal;
}

std::string describe(int status) {
  if (WIFSTOPPED(status)) return std::string("stopped by ") + ::strsignal(WSTOPSIG(status));
  if (WIFSIGNALED(status)) return std::string("killed by ") + ::strsignal(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

/// The last line that is not valgrind's own, which begin with the process's number between signs.
std::string said_by_program(const std::string& output) {
  std::istringstream lines(output);
  std::string said;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with("==")) said = ", " + line;
  }
  return said;
}

/// Two instructions a turn.
[[gnu::noinline]] void known_loop([[maybe_unused]] std::uint64_t turns) {
#if defined(__x86_64__)
  asm volatile("0: sub $1, %0\n\tjnz 0b" : "+r"(turns) : : "cc");
#elif defined(__aarch64__)
  asm volatile("0: subs %0, %0, #1\n\tb.ne 0b" : "+r"(turns) : : "cc");
#else
  throw CannotCount("not written for this architecture");
#endif
}

}  // namespace

std::uint64_t count_by_stepping(const std::function<void()>& work) {
  const OnOneCpu pinned;
  const pid_t id = ::fork();
  if (id < 0) throw CannotCount(std::string("fork: ") + std::strerror(errno));
  if (id == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kNotTraced);
    ::raise(SIGSTOP);
    work();
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  Child child(id);
  int status = child.wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotTraced) {
    throw CannotCount("ptrace is not allowed here (a container's seccomp filter or an emulator)");
  }
  if (!stopped_by(status, SIGSTOP)) throw CannotCount("the child cannot be traced: " + describe(status));
  ::ptrace(PTRACE_SETOPTIONS, id, nullptr, PTRACE_O_EXITKILL);  // it ends with us, however we end
  for (std::uint64_t count = 0;; ++count) {
    if (!child.step()) throw CannotCount(std::string("PTRACE_SINGLESTEP: ") + std::strerror(errno));
    status = child.wait();
    if (stopped_by(status, SIGSTOP)) return count;
    if (!stopped_by(status, SIGTRAP)) throw std::runtime_error("the work did not come to its end: " + describe(status));
  }
}

void check_stepping() {
  const auto count = [](std::uint64_t turns) { return count_by_stepping([turns] { known_loop(turns); }); };
  const std::uint64_t more = count(3000) - count(1000);
  if (more != 2 * 2000) {
    throw std::runtime_error("the counter is wrong: it saw " + std::to_string(more) + " instructions of 4000");
  }
}

std::uint64_t count_by_callgrind(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw CannotCount(std::string("pipe: ") + std::strerror(errno));
  const pid_t id = ::fork();
  if (id < 0) throw CannotCount(std::string("fork: ") + std::strerror(errno));
  if (id == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    std::vector<std::string> words = {"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"};
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words)
      pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  Child child(id);
  std::string output;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(ends[0], part.data(), part.size())) > 0;)
    output.append(part.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  const int status = child.wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) throw CannotCount("valgrind is not installed");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw CannotCount("under valgrind: " + describe(status) + said_by_program(output));
  }
  constexpr std::string_view kLabel = "Collected : ";
  const std::size_t at = output.find(kLabel);
  std::uint64_t count = 0;
  if (at != std::string::npos) {
    std::from_chars(output.data() + at + kLabel.size(), output.data() + output.size(), count);
  }
  if (count == 0) throw CannotCount("no count in valgrind's output:\n" + output);
  return count;
}

}  // namespace lode::kernels
