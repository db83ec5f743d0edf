"""What is said of a trial: built, shown and kept."""
