"""The hidden line by which a comment is found again, and told from what others write."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from covgate.model import Sha, parse_sha

_MARKER = re.compile(r"<!-- covgate (\{.{0,2000}?\}) -->[ \t]*\Z")

_QUOTED = re.compile(r" {0,3}>| {4}|\t")
"""How a line of a quotation begins, or of an indented block of code."""
_FENCE = re.compile(r" {0,3}(?:`{3}|~{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What a comment says about its making, out of sight. `name` is the report's (empty: the only one)."""

    name: str = ""
    run_id: int
    run_attempt: int
    head: Sha

    @property
    def order(self) -> tuple[int, int]:
        """Later runs, and later attempts of one run, are greater."""
        return (self.run_id, self.run_attempt)


def render_marker(marker: Marker) -> str:
    """Return the marker as one line of HTML comment; nothing in it can end the comment early."""
    text = json.dumps(asdict(marker), separators=(",", ":"))
    for unsafe, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("--", "-\\u002d")):
        text = text.replace(unsafe, escaped)
    return f"<!-- covgate {text} -->"


def parse_marker(body: str) -> Marker | None:
    """Read the marker of a comment, or None when there is none that covgate would write.

    It is the first one that ends a line, wherever that line stands: people write above it. Later ones are part of the
    report, which shows what strangers wrote. One in a quotation (`> <!-- …`) or a block of code shows a comment of
    ours, and one in the middle of a sentence is another program's, of a pull request's title, say.
    """
    in_fence = False
    for line in body.splitlines():
        if _FENCE.match(line):
            in_fence = not in_fence
        elif not in_fence and not _QUOTED.match(line) and (marker := _read_marker(line)):
            return marker
    return None


def _read_marker(line: str) -> Marker | None:
    match = _MARKER.search(line)
    if match is None:
        return None
    try:
        data = json.loads(match[1])
        name, numbers = data["name"], (data["run_id"], data["run_attempt"])
        head = parse_sha(str(data["head"]))
    except (ValueError, LookupError, RecursionError):
        return None
    if not isinstance(name, str) or any(type(number) is not int or number < 0 for number in numbers):
        return None
    return Marker(name=name, run_id=numbers[0], run_attempt=numbers[1], head=head)
