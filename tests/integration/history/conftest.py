"""The ratchet's repository, and its runs."""

from __future__ import annotations

from tests.support.github.ratchet import pulls, run

__all__ = ["pulls", "run"]
