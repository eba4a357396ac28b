"""covgate: a coverage gate for Python pull requests."""

__version__ = "0.1.0"
