// The baseline of `plumb check`: a bare loop over libyaml's events, for each file named.
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

static long events_of(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  fseek(file, 0, SEEK_SET);
  unsigned char *bytes = malloc((size_t)size + 1);
  if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
    free(bytes);
    fclose(file);
    return -1;
  }
  fclose(file);
  yaml_parser_t parser;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, bytes, (size_t)size);
  long count = 0;
  int done = 0;
  while (!done) {
    yaml_event_t event;
    if (!yaml_parser_parse(&parser, &event)) {
      count = -1;
      break;
    }
    done = event.type == YAML_STREAM_END_EVENT;
    count++;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  free(bytes);
  return count;
}

int main(int argc, char **argv) {
  long total = 0;
  for (int i = 1; i < argc; i++) {
    long count = events_of(argv[i]);
    if (count < 0) {
      fprintf(stderr, "%s: cannot be read\n", argv[i]);
      return 1;
    }
    total += count;
  }
  printf("%ld events\n", total);
  return 0;
}
