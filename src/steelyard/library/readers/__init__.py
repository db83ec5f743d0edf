"""One file, one reader: makes samples of the files that a recipe names."""
