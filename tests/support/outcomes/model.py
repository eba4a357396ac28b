"""What a golden outcome is: what was pushed, what was measured, and how the action runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.support.bookshop import ALL_TESTS, Edits, Tests

Event = Literal["pull_request", "push", "merge_group", "laptop"]
Past = Literal["recorded", "first run", "begun anew"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MainPush:
    """One more commit on main, below the pull request."""

    edits: Edits
    tests: Tests = ALL_TESTS
    recorded: bool = True
    """Whether covgate ran on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run of the action on the bookshop."""

    why: str
    """What there is to see, as a sentence."""
    edits: Edits = field(default_factory=dict)
    """What the pull request, or the push, changes."""
    before: Edits | None = None
    """What it changed in the push before, on which covgate ran, too."""
    main: tuple[MainPush, ...] = ()
    past: Past = "recorded"
    """What there is of main's past: its records; nothing; records of commits that main no longer holds."""
    event: Event = "pull_request"
    inputs: Mapping[str, str] = field(default_factory=dict)
    tests: Tests = ALL_TESTS
    measured: Edits | None = None
    """What the tests ran on, where it is not what was pushed."""
    command: str = ""
    """The `test-command` of a run that runs the tests itself."""
    depth: int = 2
    fork: bool = False
    unreachable: bool = False
    """Whether the branch with the history cannot be read."""
