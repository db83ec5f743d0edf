"""The nouns: frozen data, errors, canonical JSON and digests. No input or output, no heavy import."""
