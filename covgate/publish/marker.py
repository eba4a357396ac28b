"""The hidden line by which a comment is found again, told from what others write, and compared with the next push."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from covgate.model import Counts, Sha, parse_sha
from covgate.report import MOST_PLACES, PLACE_DIGITS, PushFigures

_MARKER = re.compile(r"<!-- covgate (\{.{0,2000}?\}) -->[ \t]*\Z")

_QUOTED = re.compile(r" {0,3}>| {4}|\t")
"""How a line of a quotation begins, or of an indented block of code."""
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})(?P<rest>.*)")
_DIGITS = re.compile(rf"[0-9a-f]{{{PLACE_DIGITS}}}")
_MOST = 10**9
"""Lines and branches of a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What a comment says about its making, out of sight. `name` is the report's (empty: the only one).

    `now` are its own figures, `before` those of the push before, which it was compared with.
    """

    name: str = ""
    run_id: int
    run_attempt: int
    head: Sha
    now: PushFigures | None = None
    before: PushFigures | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Later runs, and later attempts of one run, are greater."""
        return (self.run_id, self.run_attempt)


def render_marker(marker: Marker) -> str:
    """Return the marker as one line of HTML comment; nothing in it can end the comment early."""
    values: dict[str, object] = {
        "name": marker.name,
        "run_id": marker.run_id,
        "run_attempt": marker.run_attempt,
        "head": marker.head,
    }
    for key, pushed in (("now", marker.now), ("before", marker.before)):
        if pushed is not None:
            values[key] = [pushed.diff.covered, pushed.diff.total, list(pushed.places), pushed.complete]
    text = json.dumps(values, separators=(",", ":"))
    for unsafe, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("--", "-\\u002d")):
        text = text.replace(unsafe, escaped)
    return f"<!-- covgate {text} -->"


def parse_marker(body: str) -> Marker | None:
    """Read the marker of a comment, or None when there is none that covgate would write.

    It is the last one that ends a line: a report ends with it, and what strangers wrote stands above. A comment of an
    earlier version, which began with it, has no other. One in a quotation (`> <!-- …`) or a block of code shows a
    comment of ours, and one in the middle of a sentence is another program's, of a pull request's title, say.
    """
    fence, found = "", None
    for line in body.splitlines():
        if match := _FENCE.match(line):
            fence = _next_fence(fence, match["mark"], match["rest"])
        elif not fence and not _QUOTED.match(line) and (marker := _read_marker(line)):
            found = marker
    return found


def _next_fence(fence: str, mark: str, rest: str) -> str:
    """Return the fence that is open after a line of `mark`: as long a one of its own kind ends it."""
    if fence:
        return "" if mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip() else fence
    # Behind backticks that open one there are no others.
    return "" if mark[0] == "`" and "`" in rest else mark


def _read_marker(line: str) -> Marker | None:
    match = _MARKER.search(line)
    if match is None:
        return None
    try:
        data = json.loads(match[1])
        name, numbers = data["name"], (data["run_id"], data["run_attempt"])
        head = parse_sha(str(data["head"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if not isinstance(name, str) or any(type(number) is not int or number < 0 for number in numbers):
        return None
    now, before = (_read_figures(data.get(key)) for key in ("now", "before"))
    return Marker(name=name, run_id=numbers[0], run_attempt=numbers[1], head=head, now=now, before=before)


def _read_figures(value: object) -> PushFigures | None:
    """Read the figures of a push; None for any that covgate would not write: a bot shares its comments with others."""
    if not isinstance(value, list) or len(value) != len(_SHAPE):
        return None
    if not all(type(one) is kind for one, kind in zip(value, _SHAPE, strict=True)):
        return None
    covered, total, places, complete = value
    if not 0 <= covered <= total <= _MOST or not total or len(places) > MOST_PLACES:
        return None
    if not all(isinstance(place, str) and _DIGITS.fullmatch(place) for place in places):
        return None
    return PushFigures(diff=Counts(covered=covered, total=total), places=tuple(places), complete=complete)


_SHAPE = (int, int, list, bool)
