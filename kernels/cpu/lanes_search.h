// Block functions (block_scan.h) over a vector type (lanes.h): what an instruction set's file instantiates.
#pragma once

#include <cstdint>

#include "kernels/cpu/block_scan.h"
#include "kernels/cpu/lanes.h"
#include "kernels/cpu/lanes_hash.h"

namespace lode::kernels {

/// Whose digest a step of the search yields.
struct LanesStep {
  std::uint32_t done = 0;  ///< nonces before its first
  std::uint32_t midstate = 0;
};

/// Pushes those of the lanes that are hits by the exact rule and belong to the block.
template <class Lanes>
[[gnu::noinline, gnu::cold]] void push_hits(const Lanes& digest7, LanesStep step, std::uint32_t limit,
                                            std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  std::uint32_t words[Lanes::kCount];
  store(words, digest7);
  for (std::uint32_t i = 0; i < Lanes::kCount && step.done + i < count; ++i) {
    if (is_hit(words[i], limit)) hits.push(first + step.done + i, step.midstate);
  }
}

/// How the two hashes of a header follow each other.
enum class Order : std::uint8_t {
  kInTurn,    ///< hash 2 after hash 1
  kPipeline,  ///< hash 1 together with hash 2 of the headers before: two independent chains of instructions, for CPUs
              ///< whose vector instructions take longer than they keep their unit busy
};

/// The search with one kind of Keys; `tables` are those of the plan's midstates.
template <Order kOrder, Code kCode, class Keys, class Lanes>
[[gnu::always_inline]] inline void search(LanesMemory<Lanes>& m, const ScanPlan& plan, const MidstateTable* tables,
                                          std::uint32_t first, std::uint32_t count, HitList& hits) noexcept {
  const auto look = [&](const Hash2<Lanes>& two, LanesStep step) __attribute__((always_inline)) {
    const Lanes digest7 = two.digest7();
    if (__builtin_expect(any_passes(digest7, m.reject_mask), 0)) {
      push_hits(digest7, step, plan.limit, first, count, hits);
    }
  };
  LanesStep before{.done = count};  // so that what a pipeline yields first belongs to no nonce
  for (std::uint32_t done = 0; done < count; done += Lanes::kCount) {
    const Keys keys{m, Lanes::all(first + done) + Lanes::counting()};
    if constexpr (Keys::kShared) keys.prepare();
    const std::uint32_t midstates = Keys::kShared ? plan.midstate_count : 1;
    for (std::uint32_t midstate = 0; midstate < midstates; ++midstate) {
      const LanesStep step{done, midstate};
      Hash1<Lanes, Keys> one{m, tables[midstate], keys};
      Hash2<Lanes> two{m};
      if constexpr (kOrder == Order::kPipeline) {
        run<kCode>(one, two);
        one.end();
        look(two, before);
        before = step;
      } else {
        run<kCode>(one);
        one.end();
        run<kCode>(two);
        look(two, step);
      }
    }
  }
  if constexpr (kOrder == Order::kPipeline) {
    Hash2<Lanes> two{m};
    run<kCode>(two);
    look(two, before);
  }
}

/// A BlockFunction.
template <Order kOrder, Code kCode, class Lanes>
[[gnu::always_inline]] inline void search_block(const ScanPlan& plan, std::uint32_t first, std::uint32_t count,
                                                HitList& hits) noexcept {
  LanesMemory<Lanes> memory;
  LanesMemory<Lanes>& m = *opaque(&memory);
  fill(m, plan.tail, plan.mask);
  MidstateTable tables[kMaxMidstates];
  for (std::uint32_t i = 0; i < plan.midstate_count; ++i)
    tables[i] = midstate_table(plan.tail, plan.states[i]);
  if (plan.midstate_count == 1) {
    search<kOrder, kCode, FusedKeys<Lanes>>(m, plan, opaque(tables), first, count, hits);
  } else {
    search<kOrder, kCode, SharedKeys<Lanes>>(m, plan, opaque(tables), first, count, hits);
  }
}

}  // namespace lode::kernels
