#pragma once
#include <stdint.h>

/// How often this process asked for memory so far; always 0 where the C library cannot be stood in for.
uint64_t malloc_count(void);
