#include "cre2.h"

#include <re2/re2.h>

#include <new>
#include <string>
#include <vector>

struct cre2_regex {
  RE2 regex;
  std::string error;
  cre2_regex(re2::StringPiece pattern, const RE2::Options &options) : regex(pattern, options) {
    if (!regex.ok()) error = regex.error();
  }
};

extern "C" {

cre2_regex *cre2_new(const char *pattern, size_t length) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  return new (std::nothrow) cre2_regex(re2::StringPiece(pattern, length), options);
}

void cre2_delete(cre2_regex *regex) { delete regex; }

const char *cre2_error(const cre2_regex *regex) {
  return regex->regex.ok() ? nullptr : regex->error.c_str();
}

int cre2_group_count(const cre2_regex *regex) { return regex->regex.NumberOfCapturingGroups(); }

int cre2_match(const cre2_regex *regex, const char *text, size_t length, size_t start,
               ptrdiff_t *bounds, int groups) {
  if (start > length) return 0;
  std::vector<re2::StringPiece> found(groups > 0 ? groups : 0);
  re2::StringPiece input(text, length);
  if (!regex->regex.Match(input, start, length, RE2::UNANCHORED, found.data(), groups)) return 0;
  for (int i = 0; i < groups; i++) {
    if (found[i].data() == nullptr) {
      bounds[2 * i] = bounds[2 * i + 1] = -1;
    } else {
      bounds[2 * i] = found[i].data() - text;
      bounds[2 * i + 1] = bounds[2 * i] + static_cast<ptrdiff_t>(found[i].size());
    }
  }
  return 1;
}
}
