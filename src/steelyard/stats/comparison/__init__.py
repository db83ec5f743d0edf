"""Two products on the same samples, pair by pair. A file for each way to compare."""
