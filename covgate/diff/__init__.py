"""The change: diff-cover's changed lines, joined with a measurement into `DiffCoverage`."""
