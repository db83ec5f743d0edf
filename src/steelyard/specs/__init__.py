"""Specifications: YAML files with the original words and our readings, and the reader."""
