"""The sample project of `covgate demo`."""
