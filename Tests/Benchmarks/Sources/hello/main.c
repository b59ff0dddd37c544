// The baseline of start to exit.
#include <stdio.h>

int main(void) {
  puts("hello");
  return 0;
}
