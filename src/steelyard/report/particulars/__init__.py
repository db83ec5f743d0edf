"""What a laboratory says beside the numbers: read, checked and shown."""
