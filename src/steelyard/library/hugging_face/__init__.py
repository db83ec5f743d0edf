"""Folders as Hugging Face's ``datasets`` has them: found, read and written without it."""
