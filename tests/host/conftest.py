"""A GitHub on the loopback and clients of it."""

from __future__ import annotations

from tests.support.github.clients import connect, connect_data, git_github, github

__all__ = ["connect", "connect_data", "git_github", "github"]
