"""How the text of an option becomes its value; what makes no sense is a ValueError that says what is expected."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar, cast

from covgate.config.report_files import ReportKind

_Choice = TypeVar("_Choice", bound=StrEnum)


class CommentPolicy(StrEnum):
    """When a pull request gets a comment. A comment that exists is always kept up to date, except under `never`."""

    ALWAYS = "always"
    ON_CHANGE = "on-change"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class AnnotationPolicy(StrEnum):
    """Whether uncovered lines are marked where the change is read, and how loudly."""

    OFF = "off"
    NOTICE = "notice"
    WARNING = "warning"


class Mode(StrEnum):
    """What the action does."""

    CHECK = "check"
    PUBLISH = "publish"


class PublishPolicy(StrEnum):
    """What happens when GitHub refuses the comment."""

    BEST_EFFORT = "best-effort"
    REQUIRED = "required"


class GuardPolicy(StrEnum):
    """Whose rules judge a change that changes the rules."""

    STRICT = "strict"
    WARN = "warn"
    OFF = "off"


_PLACES = 30
"""Decimals of a percent: more than anyone means, and few enough to be printed."""

_MOST_MINUTES = 50_000
"""GitHub: a job on a runner of one's own ends after five days, a workflow after 35: 50,400 minutes."""


def parse_text(text: str) -> str:
    """Return the text without the spaces around it."""
    return text.strip()


def parse_folder(text: str) -> str:
    """Read the path of a folder as people write it back: `./a/../b/` is `b`."""
    if "\0" in text:
        raise ValueError("a path holds no NUL")
    return os.path.normpath(text.strip())


def parse_percent(text: str) -> Decimal:
    """Read a percent, 0 to 100, exactly; a `%` may follow.

    A number between 0 and 1 without one is nearly always a share (`0.8`), with which a gate would let all through.
    """
    value = _parse_percent(text)
    if 0 < value < 1 and not text.strip().endswith("%"):
        meant = f"did you mean {(100 * value).normalize():f}? " if 100 * value >= 1 else ""
        raise ValueError(f"a percent, not a share: {meant}(if it is meant, write `{text.strip()}%`)")
    return value


def _parse_percent(text: str) -> Decimal:
    try:
        value = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        raise ValueError("expected a number from 0 to 100") from None
    if not value.is_finite() or not 0 <= value <= 100:  # noqa: PLR2004  # the ends of a percent
        raise ValueError("a percent lies between 0 and 100")
    if cast("int", value.as_tuple().exponent) < -_PLACES:
        raise ValueError(f"a percent has at most {_PLACES} decimals")
    return value.copy_abs()  # of `-0`


def parse_points(text: str) -> Decimal:
    """Read a drop in percentage points, 0 to 100."""
    try:
        return _parse_percent(text)
    except ValueError as exc:
        raise ValueError(str(exc).replace("a percent ", "a drop in percentage points ")) from None


def parse_switch(text: str) -> bool:
    """Read `true` or `false`, or one of the other words for them."""
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    try:
        return words[text.strip().lower()]
    except KeyError:
        raise ValueError("expected `true` or `false`") from None


_MOST_LINE_RECORDS = 1000


def parse_limit(text: str) -> int:
    """Read how many line-level records are kept."""
    number = int(text) if text.strip().isdecimal() else 0
    if not 1 <= number <= _MOST_LINE_RECORDS:
        raise ValueError(f"expected a whole number from 1 to {_MOST_LINE_RECORDS}")
    return number


def parse_branch_name(text: str) -> str:
    """Read the name of a branch; `refs/heads/` in front of it is left out."""
    name = text.strip().removeprefix("refs/heads/")
    # https://git-scm.com/docs/git-check-ref-format, and no more than anyone needs.
    plain = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}", name)
    if not plain or re.search(r"\.\.|//|/\.|\.lock(/|\Z)|[./]\Z", name):
        raise ValueError("expected the name of a branch")
    return name


def parse_python_version(text: str) -> str:
    """Read a version of Python, with or without its last part: `3.12`, `3.13.1`, `3.14t`."""
    version = text.strip()
    if not re.fullmatch(r"3\.\d{1,2}(\.\d{1,3}((a|b|rc)\d{1,2})?)?t?", version):
        raise ValueError("expected a version such as 3.12")
    if version == "3.1":
        raise ValueError("expected a version such as 3.12; without quotes YAML reads 3.10 as the number 3.1")
    return version


def parse_minutes(text: str) -> Decimal:
    """Read a time-out in minutes."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError("expected a number of minutes") from None
    if not value.is_finite() or value <= 0:
        raise ValueError("a time-out is more than 0 minutes")
    if value > _MOST_MINUTES:
        raise ValueError(f"a time-out is at most {_MOST_MINUTES} minutes")
    return value


def parse_words(text: str) -> tuple[str, ...]:
    """Split at line ends (action inputs) and commas."""
    return tuple(word for part in text.splitlines() for word in (w.strip() for w in part.split(",")) if word)


def parse_lines(text: str) -> tuple[str, ...]:
    """Split at line ends only: a glob may hold a comma."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def parse_choice(kind: type[_Choice]) -> Callable[[str], _Choice]:
    """Return what reads one of the words of `kind`."""

    def parse(text: str) -> _Choice:
        try:
            return kind(text.strip())
        except ValueError:
            names = [member.value for member in kind]
            raise ValueError(f"expected one of {', '.join(names)}{did_you_mean(text.strip(), names)}") from None

    return parse


def parse_reports(text: str) -> tuple[ReportKind, ...]:
    """Read the kinds of reports, each once."""
    parse = parse_choice(ReportKind)
    return tuple(dict.fromkeys(parse(word) for word in parse_words(text)))


def parse_report_name(text: str) -> str:
    """Read the name of a report: it stands in a hidden marker of the comment."""
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9._/ -]{0,60}", name):
        raise ValueError("expected at most 60 letters, digits, spaces or any of . _ / -")
    return name


def parse_artifact_name(text: str) -> str:
    """Read the name of an artifact, as actions/upload-artifact takes them, and no stranger ones."""
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9._ ()+-]{1,100}", name):
        raise ValueError("expected at most 100 letters, digits, spaces or any of . _ - + ( )")
    return name


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for a near miss, else an empty string."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""
