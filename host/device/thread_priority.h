// Lets hashing take what nobody else wants: a desktop stays usable, a node on the same machine keeps its pace, and the
// io thread, which has to hand in what was found, never waits for a worker.
//
// Why niceness, and not the scheduling classes made for this: SCHED_BATCH only changes how threads are treated that
// sleep and wake, which a worker hardly does. SCHED_IDLE wakes others no sooner (the median was the same 53 us for all
// three beside a busy thread, Linux 6.18), but has a fifth of the weight of nice 19: a worker that was stopped while it
// held the mailbox's lock would keep the io thread waiting five times as long.
#pragma once

namespace lode::device {

/// Gives the calling thread the lowest ordinary priority (nice 19). It still gets all of an idle processor. Where the
/// system does not allow or know it, nothing happens.
void yield_to_others() noexcept;

}  // namespace lode::device
