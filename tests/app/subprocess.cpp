#include "tests/app/subprocess.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace lode::app {
namespace {

/// Longer than anything takes on the slowest machine.
constexpr unsigned kLongestSeconds = 500;

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

void redirect(const std::filesystem::path& file, int to) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || ::dup2(fd, to) < 0) ::_exit(127);
}

}  // namespace

RunningProgram::RunningProgram(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  child_ = ::fork();
  if (child_ < 0) ended_ = true;
  if (child_ != 0) return;
  redirect(folder_.path() / "out", STDOUT_FILENO);
  redirect(folder_.path() / "err", STDERR_FILENO);
  for (const std::string& variable : environment)
    ::putenv(const_cast<char*>(variable.c_str()));
  ::signal(SIGHUP, SIG_DFL);  // nohup's would be inherited
  ::alarm(kLongestSeconds);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

RunningProgram::~RunningProgram() {
  if (ended_) return;
  ::kill(child_, SIGKILL);
  finish();
}

bool RunningProgram::has_ended() {
  int status = 0;
  if (ended_ || ::waitpid(child_, &status, WNOHANG) != child_) return ended_;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended_ = true;
}

bool RunningProgram::wait_for_output(const std::string& text) {
  while (true) {
    const bool last = has_ended();
    if (content(folder_.path() / "out").find(text) != std::string::npos) return true;
    if (last) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void RunningProgram::signal(int number) {
  if (!has_ended()) ::kill(child_, number);
}

Finished RunningProgram::finish() {
  while (!has_ended())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return {status_, content(folder_.path() / "out"), content(folder_.path() / "err")};
}

Finished run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  return RunningProgram(command, environment).finish();
}

}  // namespace lode::app
