"""What was measured before: where it is kept, which record a run is compared with, and what the trend says."""
