"""What is shown on the terminal, in the user's language."""
