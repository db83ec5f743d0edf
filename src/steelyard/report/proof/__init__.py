"""Evidence that a stranger can compute again: packed, signed, checked."""
