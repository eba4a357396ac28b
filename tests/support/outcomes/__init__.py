"""Every outcome of a run of covgate that a golden file shows, as a change of the bookshop."""
