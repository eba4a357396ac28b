"""A GitHub on the loopback."""

from __future__ import annotations

from tests.support.github.clients import github

__all__ = ["github"]
