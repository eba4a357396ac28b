"""A measurement held against its baseline."""
