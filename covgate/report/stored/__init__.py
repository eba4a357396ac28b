"""A stored result read back: its text, its smallest parts, the gate's changes, the facts."""
