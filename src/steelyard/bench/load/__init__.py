"""Tests under load: driven by MLPerf LoadGen, judged like any other."""
