// What a fuzz target claims to hold for every input; aborts where it does not, in release builds too.
#pragma once

#include <cstdio>
#include <cstdlib>

#define LODE_REQUIRE(condition)                                                    \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)
