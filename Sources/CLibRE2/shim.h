/* Flags only: the C++ headers are included by CRE2. */
