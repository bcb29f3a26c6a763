// Lets hashing take what nobody else wants: a desktop stays usable, a node on the same machine keeps its pace, and the
// io thread, which has to hand in what was found, never waits for a worker.
#pragma once

namespace lode::device {

/// Gives the calling thread the lowest ordinary priority (nice 19). It still gets all of an idle processor. Where the
/// system does not allow or know it, nothing happens.
void yield_to_others() noexcept;

}  // namespace lode::device
