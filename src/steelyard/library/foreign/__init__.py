"""What others described, brought into a set: files, archives and tables as they lie, inferred where it can be."""
