"""A GitHub on the loopback and clients of it."""

from __future__ import annotations

from tests.support.github.clients import connect_data, git_github

__all__ = ["connect_data", "git_github"]
