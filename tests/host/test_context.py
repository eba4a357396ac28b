"""What follows from where and why covgate runs: the way to its repository, and whether a run is recorded."""

from __future__ import annotations

import pytest

from covgate.host.context import EventKind, RunContext, access_of
from covgate.model.secret import Secret

TOKEN = "ghs_very_secret"  # noqa: S105  # nobody's


@pytest.mark.parametrize(
    ("server", "repository", "token", "expected"),
    [
        ("https://github.com", "o/r", TOKEN, "https://github.com/o/r"),
        ("http://github.example", "o/r", TOKEN, "http://github.example/o/r"),
        ("https://github.com", "o/r", None, None),
        # A laptop.
        ("https://github.com", "", TOKEN, None),
        # For git this would be a program, or a folder.
        ("ext::sh", "o/r", TOKEN, None),
        ("file:///tmp", "o/r", TOKEN, None),
        ("", "o/r", TOKEN, None),
    ],
)
def test_the_way_with_a_token(server: str, repository: str, token: str | None, expected: str | None) -> None:
    context = RunContext(kind=EventKind.BRANCH, repository=repository, server_url=server)
    way = access_of(context, None if token is None else Secret(value=token))
    assert (way.url if way else None) == expected
    assert TOKEN not in repr(way)


@pytest.mark.parametrize(
    ("kind", "branch", "default", "on_it"),
    [
        (EventKind.BRANCH, "main", "main", True),
        (EventKind.BRANCH, "main", "trunk", False),
        (EventKind.BRANCH, "", "", False),
        (EventKind.PULL_REQUEST, "main", "main", False),
        (EventKind.MERGE_GROUP, "main", "main", False),
        (EventKind.LOCAL, "main", "main", False),
    ],
)
def test_only_runs_of_the_default_branch_itself_are_recorded(
    kind: EventKind, branch: str, default: str, *, on_it: bool
) -> None:
    assert RunContext(kind=kind, branch=branch, default_branch=default).on_default_branch is on_it
