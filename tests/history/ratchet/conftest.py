"""A GitHub that keeps git data, and the ratchet's runs."""

from __future__ import annotations

from tests.support.github.clients import git_github
from tests.support.github.ratchet import pulls, run

__all__ = ["git_github", "pulls", "run"]
