"""MLCommons Croissant: metadata of a set, written, and read with the files that they name."""
