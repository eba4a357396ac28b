"""What `covgate history` shows."""
