"""Commits, and the base of a change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

Sha = NewType("Sha", str)
"""A full commit id: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits."""

_SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


def parse_sha(text: str) -> Sha:
    """Return `text` as a commit id; ValueError when it is anything else."""
    if not _SHA.match(text):
        raise ValueError(f"not a full commit id: {text!r}")
    return Sha(text)


class BaseHow(StrEnum):
    """How the base commit was found."""

    FIRST_PARENT = "first-parent"
    MERGE_BASE = "merge-base"
    EVENT = "event"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit a change is compared with, and how it was found."""

    sha: Sha
    how: BaseHow
    ref: str = ""
    """The branch or reference it came from, for people; may be empty."""
