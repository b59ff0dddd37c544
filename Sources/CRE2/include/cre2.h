/* A C face for RE2: compile once, match often, linear time. */
#ifndef PLUMBLINE_CRE2_H
#define PLUMBLINE_CRE2_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_regex cre2_regex;

/* Compiles `pattern`. Never NULL unless memory is exhausted; ask `cre2_error` whether it is usable. */
cre2_regex *cre2_new(const char *pattern, size_t length);
void cre2_delete(cre2_regex *regex);
/* NULL when the pattern compiled; else a message owned by the regex. */
const char *cre2_error(const cre2_regex *regex);
int cre2_group_count(const cre2_regex *regex);
/* 1 when `text` contains a match at or after `start`. `bounds` gets 2 * `groups` offsets (begin, end), -1 for groups that took no part. */
int cre2_match(const cre2_regex *regex, const char *text, size_t length, size_t start,
               ptrdiff_t *bounds, int groups);

#ifdef __cplusplus
}
#endif
#endif
