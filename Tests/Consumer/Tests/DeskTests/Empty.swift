// The suites of this target come from the spec.
