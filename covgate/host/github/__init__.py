"""GitHub, the one forge there is."""
