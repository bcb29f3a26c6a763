// Ties threads to CPUs. Where the system knows no such thing, nothing is ever tied.
#pragma once

#include <vector>

namespace lode::device {

/// CPUs that the calling thread may run on, ascending; empty where that is not known.
std::vector<unsigned> allowed_cpus();

/// Has the calling thread run on this CPU only. False where the system refuses: the CPU is off line, or taken away by a
/// cpuset.
bool pin_this_thread(unsigned cpu) noexcept;

/// Whether a thread of this process could be tied to the CPU now. Tries it on a thread of its own.
bool can_pin(unsigned cpu);

}  // namespace lode::device
