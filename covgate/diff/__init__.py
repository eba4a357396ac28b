"""The change: the lines of git's patch, joined with a measurement into `DiffCoverage`."""
