"""What rows are folded into, once, to be valued under many weights. A file for each quantity."""
