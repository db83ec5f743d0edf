"""Stands in for pandas where it is not to be found: pyarrow imports it wherever it is installed, needed or not."""

raise ImportError("not installed, for this measurement")
