"""Tools for working on covgate; no part of the package."""
