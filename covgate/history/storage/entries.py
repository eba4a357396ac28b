"""One line of history.jsonl: a record, an imported point or the start of a ramp, as JSON and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn, TypeGuard

from covgate.model import Aim, Counts, Point, Record, Start, Tally, parse_sha

SCHEMA = 1
TITLE_LENGTH = 120
"""Characters of a commit's title that are kept."""

_NAME_LENGTH = 200
_MOST = 10**12
"""More lines than any project has."""
_PERCENT = re.compile(r"\d{1,3}(?:\.\d{1,60})?\Z", re.ASCII)
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would end a line, steer a terminal, turn the direction of writing or be no character at all."""


class NewerSchemaError(ValueError):
    """A line was written by a newer covgate."""


Entry = Record | Point | Start
"""A Point is an imported one."""


def clean_title(title: str) -> str:
    """One line of at most 120 characters, without what could harm whoever prints it."""
    # `search` before `sub`: most titles are clean, and 5,000 are read.
    return (_UNSAFE.sub("\ufffd", title) if _UNSAFE.search(title) else title)[:TITLE_LENGTH]


def render_record(record: Record) -> str:
    """Return the line of a record, without its end."""
    return _line(
        {
            "schema": SCHEMA,
            "sha": record.sha,
            "parent": record.parent,
            "date": _render_time(record.date),
            "title": clean_title(record.title),
            "total": _render_tally(record.total),
            "branch_coverage": record.has_branches,
            "components": {name: _render_tally(tally) for name, tally in record.components.items()},
            "tests": record.tests,
            # A thousandth of a second is more than a run repeats.
            "duration": None if record.seconds is None else round(record.seconds, 3),
            "target": _render_aim(record.aim),
        }
    )


def render_imported(point: Point) -> str:
    """Return the line of an imported point, without its end."""
    return _line({"schema": SCHEMA, "imported": True, **_render_point(point)})


def render_start(start: Start) -> str:
    """Return the line of a ramp's start, without its end."""
    return _line({"schema": SCHEMA, "start": True, **_render_point(start.point), "target": _render_aim(start.aim)})


def parse_entry(text: str) -> Entry:
    """Read a line. Raises NewerSchemaError, or ValueError with what is wrong, for anything covgate would not write.

    Keys it does not know are passed over: they may come from a later covgate with the same schema.
    """
    data = _decode(text)
    if type(data) is not dict:
        _refuse("it is no object")
    schema = data.get("schema")
    if type(schema) is not int or schema < 1:
        _refuse("`schema` is no number from 1")
    if schema > SCHEMA:
        raise NewerSchemaError(f"schema {schema}, and this covgate knows up to {SCHEMA}")
    if "start" in data:
        return Start(point=_point(data), aim=_aim(data.get("target")))
    return _point(data) if "imported" in data else _record(data)


def _record(data: Mapping[str, object]) -> Record:
    parent, measured = data.get("parent"), data.get("branch_coverage")
    if not isinstance(measured, bool):
        _refuse("`branch_coverage` is neither true nor false")
    components = _object(data.get("components"), "components")
    tests = data.get("tests")
    if tests is not None and not (type(tests) is int and 0 <= tests <= _MOST):
        _refuse("`tests` is neither null nor a count")
    return Record(
        sha=parse_sha(_text(data.get("sha"), "sha")),
        parent=None if parent is None else parse_sha(_text(parent, "parent")),
        date=_time(data.get("date")),
        title=clean_title(_text(data.get("title"), "title")),
        total=_tally(data.get("total"), "total"),
        has_branches=measured,
        components={_name(name): _tally(tally, "components") for name, tally in components.items()},
        tests=tests,
        seconds=_seconds(data.get("duration")),
        aim=_aim(data.get("target")),
    )


def _point(data: Mapping[str, object]) -> Point:
    components, lines, sha = _object(data.get("components"), "components"), data.get("lines"), data.get("sha")
    return Point(
        date=_time(data.get("date")),
        total=_percent(data.get("total"), "total"),
        components={_name(name): _percent(value, "components") for name, value in components.items()},
        lines=None if lines is None else _counts(lines, "lines"),
        sha=None if sha is None else parse_sha(_text(sha, "sha")),
    )


def _render_point(point: Point) -> dict[str, object]:
    return {
        "date": _render_time(point.date),
        "total": f"{point.total:f}",
        "components": {name: f"{percent:f}" for name, percent in point.components.items()},
        "lines": None if point.lines is None else _render_counts(point.lines),
        # covgate's own trending.json names the commits: a record of one takes the place of the point.
        **({} if point.sha is None else {"sha": point.sha}),
    }


def _tally(value: object, where: str) -> Tally:
    pair = _object(value, where)
    lines, branches = pair.get("lines"), pair.get("branches")
    if not _is_counts(lines) or not _is_counts(branches):
        _refuse(f"`{where}` holds counts that are not [covered, total]")
    return _same_tally(*lines, *branches)


@lru_cache(maxsize=10_000)
def _same_tally(covered: int, total: int, taken: int, exits: int) -> Tally:
    """One value for equal ones: most components are in one record as they were in the one before."""
    return Tally(lines=Counts(covered=covered, total=total), branches=Counts(covered=taken, total=exits))


def _render_tally(tally: Tally) -> dict[str, object]:
    return {"lines": _render_counts(tally.lines), "branches": _render_counts(tally.branches)}


def _counts(value: object, where: str) -> Counts:
    if not _is_counts(value):
        _refuse(f"`{where}` holds counts that are not [covered, total]")
    return Counts(covered=value[0], total=value[1])


def _is_counts(value: object) -> TypeGuard[list[int]]:
    if type(value) is not list or len(value) != 2:  # noqa: PLR2004  # covered, total
        return False
    covered, total = value
    # `True` is an int too, but no count.
    return type(covered) is int and type(total) is int and 0 <= covered <= total <= _MOST


def _render_counts(counts: Counts) -> list[int]:
    return [counts.covered, counts.total]


def _percent(value: object, where: str) -> Decimal:
    # By pattern: a short text can stand for a number of a million digits.
    percent = Decimal(value) if isinstance(value, str) and _PERCENT.match(value) else None
    if percent is None or percent > 100:  # noqa: PLR2004  # percent
        _refuse(f"`{where}` is no percent from 0 to 100, written as text")
    return percent


def _aim(value: object) -> Aim | None:
    if value is None:
        return None
    target = _object(value, "target")
    by = target.get("by")
    return _same_aim(_text(target.get("total"), "target"), None if by is None else _text(by, "target"))


@lru_cache(maxsize=1_000)
def _same_aim(total: str, by: str | None) -> Aim:
    """One value for equal ones: a target stays for months."""
    return Aim(total=_percent(total, "target"), by=None if by is None else date.fromisoformat(by))


def _render_aim(aim: Aim | None) -> dict[str, object] | None:
    return None if aim is None else {"total": f"{aim.total:f}", "by": aim.by and aim.by.isoformat()}


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value, "date"))
    if time.tzinfo is UTC:
        return time
    if time.tzinfo is None:
        _refuse("`date` has no zone")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        _refuse("`date` lies beyond the calendar")


def _render_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    # Compared first: infinity is beyond, and a number of a thousand digits can not be made a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        _refuse("`duration` is neither null nor a number of seconds")
    return float(value)


@lru_cache(maxsize=1_000)
def _name(name: str) -> str:
    if not 0 < len(name) <= _NAME_LENGTH or _UNSAFE.search(name):
        _refuse("`components` holds a name that is none")
    return name


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        _refuse(f"`{where}` is no text")
    return value


def _object(value: object, where: str) -> dict[str, object]:
    if type(value) is not dict:
        _refuse(f"`{where}` is no object")
    return value


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)


def _no_number(text: str) -> NoReturn:
    _refuse(f"{text} is no number")


_decode = json.JSONDecoder(parse_constant=_no_number).decode
_line = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
