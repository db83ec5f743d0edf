"""Sealed sets: encrypted for those who are named, committed to, opened in memory, marked by recipient, and rotated."""
