/// Filled in by the commits that follow.
enum Start {}
