"""Test sets: recipes that say where they come from, readers, and the store where they are kept."""
