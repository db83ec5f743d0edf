"""Validates methods: by controls, planted errors, and everything that must not matter."""
