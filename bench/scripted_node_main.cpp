// The node for measurements (scripted_node.h) as a program: prints its port, serves until its standard input ends.
//
//   scripted_node [BITS] [TIP_SECONDS] [TRANSACTIONS]
//
// BITS is the target's compact form in hex, 17034219 by default: as hard as the main network, so that no work ever ends
// by a found block. With TIP_SECONDS above 0 the tip moves that often. TRANSACTIONS is how many a template has, 1000.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "bench/scripted_node.h"

namespace {

/// Whether standard input ended; waits for that `seconds` at the most, without end if 0.
bool input_ended_within(unsigned long seconds) {
  for (;;) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&input, 1, seconds == 0 ? -1 : static_cast<int>(seconds * 1000));
    if (ready == 0) return false;
    std::array<char, 256> ignored{};
    if (ready < 0 || ::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, int base, unsigned long fallback) {
    return argc > index ? std::strtoul(argv[index], nullptr, base) : fallback;
  };
  const auto bits = static_cast<std::uint32_t>(argument(1, 16, 0x17034219));
  const unsigned long tip_seconds = argument(2, 10, 0);
  lode::bench::ScriptedNode node(argument(3, 10, 1000), bits);
  fmt::print("{}\n", node.port());
  std::fflush(stdout);
  while (!input_ended_within(tip_seconds)) {
    if (node.longpoll_waits()) node.announce_tip();
  }
  return 0;
}
