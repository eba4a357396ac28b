"""The servers and clients of tests/support/github, and a repository, for every test here."""

from __future__ import annotations

from tests.support.github.clients import (
    ACCOUNTS,
    IMPATIENT,
    QUICK,
    Connect,
    ConnectData,
    connect,
    connect_data,
    git_github,
    github,
    marked_runs,
    methods,
    problem_of,
    repository,
)

__all__ = [
    "ACCOUNTS",
    "IMPATIENT",
    "QUICK",
    "Connect",
    "ConnectData",
    "connect",
    "connect_data",
    "git_github",
    "github",
    "marked_runs",
    "methods",
    "problem_of",
    "repository",
]
