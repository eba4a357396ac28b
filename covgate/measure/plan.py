"""How an environment is filled: steps, each with the reason for it, and what is called a test's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

TEST_NAMES = ("test", "tests", "testing", "dev")
"""What the extra, group, environment or requirements file of the tests is called, the likeliest first."""


VERSION_MARK, DIGITS_MARK = "{version}", "{digits}"
"""Stand in a step for the environment's Python, `3.12` and `312`, which is known when the plan is carried out."""


class Asked(Enum):
    """Whom a question is put to; its answer is what to install."""

    HATCH = auto()
    TOX = auto()
    EXTRAS = auto()
    """The installed project's own metadata: `setup.py` says its extras nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of uv. `asked`: what it prints, or what the metadata says, is installed in a further step."""

    arguments: tuple[str, ...]
    why: str
    asked: Asked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the environment is filled."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()


def first_of_tests(names: Iterable[str]) -> list[str]:
    """Return the first of the tests' names that is there, as it is spelt there; an empty list for none."""
    spelt = {normal(name): name for name in names}
    return [spelt[name] for name in TEST_NAMES if name in spelt][:1]


def normal(name: str) -> str:
    """Return the name of an extra or group in the one spelling in which names are compared (PEP 685)."""
    return re.sub(r"[-_.]+", "-", name).lower()
