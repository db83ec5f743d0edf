"""Bounds: from counts, sums, influences, resamples or readings to two one-sided bounds. A file for each way."""
