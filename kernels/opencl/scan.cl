// The scan: kernels/gpu/scan_params.h says how. Here those who share a chunk are a work-group, whose first work-item
// speaks for it.

#define LODE_UNIT (LODE_GROUP_SIZE * LODE_WIDTH)  // nonces that a work-group does in a step

#if LODE_WIDTH == 1
#define LODE_NONCES(nonce) (nonce)
#define LODE_ANY(digest, mask) (((digest) & (mask)) == 0)
#else
#define LODE_ANY(digest, mask) any(((digest) & LODE_WORD(mask)) == LODE_WORD(0u))
#endif
#if LODE_WIDTH == 2
#define LODE_NONCES(nonce) (LODE_WORD(nonce) + (uint2)(0, LODE_GROUP_SIZE))
#elif LODE_WIDTH == 4
#define LODE_NONCES(nonce) (LODE_WORD(nonce) + (uint4)(0, 1, 2, 3) * LODE_WORD(LODE_GROUP_SIZE))
#elif LODE_WIDTH == 8
#define LODE_NONCES(nonce) (LODE_WORD(nonce) + (uint8)(0, 1, 2, 3, 4, 5, 6, 7) * LODE_WORD(LODE_GROUP_SIZE))
#endif

/// The epoch is read as an atomic, since caches may keep what is read otherwise.
LODE_FUNCTION bool is_stale(__constant const uint* params, volatile __global uint* mailbox) {
  return atomic_or(&mailbox[LODE_MAILBOX_EPOCH], 0u) != params[LODE_EPOCH];
}

/// The next chunk, or one behind the last. Whoever finds that it is not to go on leaves no chunk to anyone, and the
/// first to do so remembers how many had been taken.
LODE_FUNCTION uint take_chunk(__constant const uint* params, volatile __global uint* counters,
                              volatile __global uint* mailbox) {
  const uint chunk = atomic_inc(&counters[LODE_NEXT_CHUNK]);
  if ((chunk & (params[LODE_POLL_INTERVAL] - 1)) == 0 && chunk < params[LODE_CHUNKS_COUNT]) {
    mailbox[LODE_MAILBOX_CHUNKS_TAKEN] = chunk;
    if (is_stale(params, mailbox) || atomic_or(&counters[LODE_FOUND], 0u) > params[LODE_HIT_CAPACITY]) {
      const uint taken = atomic_xchg(&counters[LODE_NEXT_CHUNK], LODE_STOPPED);
      if (taken < LODE_STOPPED) counters[LODE_STOPPED_AT] = taken;
    }
  }
  return chunk;
}

/// The nonces that a work-item has before it.
typedef struct {
  uint begin;  // of the chunk, from the start of the range
  uint nonce;  // the next
  uint steps;  // in the last chunk they may leave the range, see push()
} nonces_t;

LODE_FUNCTION nonces_t nonces_of(__constant const uint* params, const uint chunk) {
  nonces_t nonces;
  nonces.begin = chunk * params[LODE_CHUNKS_NONCES];
  nonces.nonce = params[LODE_CHUNKS_FIRST] + nonces.begin + (uint)get_local_id(0);
  nonces.steps = min(params[LODE_CHUNKS_LAST] - nonces.begin, params[LODE_CHUNKS_NONCES] - 1) / LODE_UNIT + 1;
  return nonces;
}

/// Appends to the list what belongs to the range and is a hit by the exact rule.
LODE_FUNCTION void push_one(__constant const uint* params, volatile __global uint* counters, __global uint2* hits,
                            const uint begin, const uint midstate, const uint nonce, const uint digest7) {
  if (nonce - (params[LODE_CHUNKS_FIRST] + begin) > params[LODE_CHUNKS_LAST] - begin) return;
  if (as_uint(as_uchar4(digest7).wzyx) > params[LODE_LIMIT]) return;
  const uint place = atomic_inc(&counters[LODE_FOUND]);
  if (place < params[LODE_HIT_CAPACITY]) hits[place] = (uint2)(nonce, midstate + 1);
}

// Component by component: where work-items are a CPU's loop, compilers have mixed up what they keep in arrays.
#define LODE_PUSH(i) push_one(params, counters, hits, begin, midstate, nonce + 0x##i * LODE_GROUP_SIZE, digest7.s##i)

LODE_FUNCTION void push(__constant const uint* params, volatile __global uint* counters, __global uint2* hits,
                        const uint begin, const uint midstate, const uint nonce, const word_t digest7) {
#if LODE_WIDTH == 1
  push_one(params, counters, hits, begin, midstate, nonce, digest7);
#else
  LODE_PUSH(0);
  LODE_PUSH(1);
#endif
#if LODE_WIDTH >= 4
  LODE_PUSH(2);
  LODE_PUSH(3);
#endif
#if LODE_WIDTH >= 8
  LODE_PUSH(4);
  LODE_PUSH(5);
  LODE_PUSH(6);
  LODE_PUSH(7);
#endif
}

// The hot loops do nothing but hash and are left for a candidate, so that what is rarely done is not in their way.

/// One work-item's nonces of a chunk, one midstate.
LODE_FUNCTION void scan_m1(__constant const uint* params, volatile __global uint* counters, __global uint2* hits,
                           const uint chunk) {
  __constant const uint* midstate = params + LODE_MIDSTATES;
  const uint one = params[LODE_POWERS];
  nonces_t at = nonces_of(params, chunk);
  while (true) {
    word_t digest7;
    do {
      digest7 = hash_fused(params, midstate, one, LODE_NONCES(at.nonce));
      at.nonce += LODE_UNIT;
      --at.steps;
    } while (!LODE_ANY(digest7, params[LODE_MASK]) && at.steps != 0);
    push(params, counters, hits, at.begin, 0, at.nonce - LODE_UNIT, digest7);
    if (at.steps == 0) return;
  }
}

#if LODE_KEYS_STORED
#define LODE_SHARED __local keys_t* keys,
#else
#define LODE_SHARED
#endif

/// One work-item's nonces of a chunk, any number of midstates.
LODE_FUNCTION void scan_mn(__constant const uint* params, volatile __global uint* counters, __global uint2* hits,
                           LODE_SHARED const uint chunk) {
  const uint count = params[LODE_MIDSTATE_COUNT];
  const uint one = params[LODE_POWERS];
  for (nonces_t at = nonces_of(params, chunk); at.steps != 0; --at.steps, at.nonce += LODE_UNIT) {
    const word_t nonces = LODE_NONCES(at.nonce);
#if LODE_KEYS_STORED
    store_keys(params, one, nonces, keys);
#endif
    uint i = 0;
    while (i < count) {
      word_t digest7;
      do {
        __constant const uint* midstate = params + LODE_MIDSTATES + i * LODE_MIDSTATE_WORDS;
#if LODE_KEYS_STORED
        digest7 = hash_stored(params, midstate, one, nonces, keys);
#else
        digest7 = hash_fused(params, midstate, one, nonces);
#endif
        ++i;
      } while (!LODE_ANY(digest7, params[LODE_MASK]) && i < count);
      push(params, counters, hits, at.begin, i - 1, at.nonce, digest7);
    }
  }
}

/// Gives the work-group its next chunk, in `chunk`; breaks out of the loop around it when there is none.
#define LODE_NEXT_OR_BREAK                                                                         \
  if (get_local_id(0) == 0) {                                                                      \
    taken = begins && is_stale(params, mailbox) ? ~0u : take_chunk(params, counters, mailbox);     \
  }                                                                                                \
  begins = false;                                                                                  \
  barrier(CLK_LOCAL_MEM_FENCE);                                                                    \
  const uint chunk = taken;                                                                        \
  barrier(CLK_LOCAL_MEM_FENCE);                                                                    \
  if (chunk >= params[LODE_CHUNKS_COUNT]) break;

__kernel __attribute__((reqd_work_group_size(LODE_GROUP_SIZE, 1, 1))) void sha256d_m1(
    __constant const uint* params, volatile __global uint* counters, __global uint2* hits,
    volatile __global uint* mailbox) {
  __local uint taken;
  bool begins = true;
  while (true) {
    LODE_NEXT_OR_BREAK
    scan_m1(params, counters, hits, chunk);
  }
}

__kernel __attribute__((reqd_work_group_size(LODE_GROUP_SIZE, 1, 1))) void sha256d_mn(
    __constant const uint* params, volatile __global uint* counters, __global uint2* hits,
    volatile __global uint* mailbox) {
  __local uint taken;
#if LODE_KEYS_STORED
  __local keys_t stored[LODE_KEYS_OF_ITEM * LODE_GROUP_SIZE];
#endif
  bool begins = true;
  while (true) {
    LODE_NEXT_OR_BREAK
#if LODE_KEYS_STORED
    scan_mn(params, counters, hits, stored + get_local_id(0), chunk);
#else
    scan_mn(params, counters, hits, chunk);
#endif
  }
}
