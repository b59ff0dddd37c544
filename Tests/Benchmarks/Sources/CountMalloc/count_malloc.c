#include "count_malloc.h"

#include <stddef.h>

static uint64_t count;

uint64_t malloc_count(void) { return __atomic_load_n(&count, __ATOMIC_RELAXED); }

#ifdef __GLIBC__
// Defined in the program, these stand in for the C library's own, for every library that it loads.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void tell(void) { __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED); }

void *malloc(size_t size) {
  tell();
  return __libc_malloc(size);
}
void *calloc(size_t number, size_t size) {
  tell();
  return __libc_calloc(number, size);
}
void *realloc(void *old, size_t size) {
  tell();
  return __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  tell();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **place, size_t alignment, size_t size) {
  tell();
  *place = __libc_memalign(alignment, size);
  return *place ? 0 : 12;
}
#endif
