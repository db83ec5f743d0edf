"""One file, one reference product: a class ``Product`` whose instance is called with one input."""
