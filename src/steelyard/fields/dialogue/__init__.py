"""Dialogue: what a user wants, which details he gives, and what has been agreed so far."""
