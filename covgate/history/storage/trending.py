"""trending.json: the newest points of the trend for other programs, and such a file of theirs taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from covgate.config import Component, Target
from covgate.errors import InputError
from covgate.history.trend import points_of, ramp_start
from covgate.model import Aim, Counts, History, Point, Sha, Start, floor_percent, parse_sha

ENTRIES = 30
"""How many entries trending.json holds."""
SIZE_LIMIT = 5_000_000
"""The largest file that is taken in, in bytes: decades of entries."""
_TOTAL = "overall_coverage"
_SUFFIX = "_coverage"
_NAME_LIMIT = 100
_NUMBER_LIMIT = 10**12
"""Far more lines than a project has; a larger number is a mistake."""
_DIGITS = 28
_YEARS = (1970, 2999)
_SHOWN = 60
"""How much of a wrong value an error repeats."""


def render_trending(history: History, target: Target | None, components: tuple[Component, ...]) -> str:
    """Return trending.json: `history` (the newest entries, oldest first), `baseline` and `target`.

    Percents are cut to two decimals. `baseline` is where the team stood when it set the target, or the oldest point;
    null when there is nothing to say, as is `target`.
    """
    points = points_of(history)
    start = ramp_start(history, target) if target else history.start and history.start.point
    baseline = start if isinstance(start, Point) else next(iter(points), None)
    made = {
        "history": [_entry(point) for point in points[-ENTRIES:]],
        "baseline": _entry(baseline) if baseline else None,
        "target": _target(target, components) if target else None,
    }
    return json.dumps(made, indent=2) + "\n"


def _entry(point: Point) -> dict[str, object]:
    entry: dict[str, object] = {_TOTAL: _number(point.total)}
    for name, percent in sorted(point.components.items()):
        # A component called `overall` must not stand for the whole.
        entry.setdefault(name + _SUFFIX, _number(percent))
    if point.lines is not None:
        entry |= {"lines_covered": point.lines.covered, "lines_total": point.lines.total}
    entry["date"] = point.date.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if point.sha is not None:
        entry["commit"] = point.sha
    return entry


def _target(target: Target, components: tuple[Component, ...]) -> dict[str, object]:
    made: dict[str, object] = {_TOTAL: _number(target.total)}
    for component in components:
        if component.target is not None:
            made.setdefault(component.name + _SUFFIX, _number(component.target))
    if target.by is not None:
        made["date"] = target.by.isoformat()
    return made


def _number(percent: Decimal) -> int | float:
    cut = floor_percent(percent)
    return int(cut) if cut == int(cut) else float(cut)


# --- taking a file in ------------------------------------------------------------------------------------------------


def parse_trending(text: str, name: str) -> History:
    """Return what a trending.json holds: its entries, sorted and each once, its baseline and the target it leads to.

    `name` is the file's name, for errors. Taken as people have it: dates with or without time and zone (then UTC),
    numbers as text, `baseline`, `target` and the lines may be missing, other keys are passed over. InputError for a
    file of another kind, and for an entry that cannot be true, with the entry and the key.
    """
    document = _document(text, name)
    entries = document.get("history")
    if not isinstance(entries, list):
        raise _refused(name, "it has no list called `history`")
    read = [_Reader(name=name, where=f"history[{n}]", value=entry).point() for n, entry in enumerate(entries)]
    once = {
        (point.date, point.total, *sorted(point.components.items()), point.lines, point.sha): point for point in read
    }
    baseline, target = document.get("baseline"), document.get("target")
    start = _Reader(name=name, where="baseline", value=baseline).point() if baseline else None
    aim = _Reader(name=name, where="target", value=target).aim() if start and target else None
    return History(
        imported=tuple(sorted(once.values(), key=lambda point: point.date)),
        start=Start(point=start, aim=aim) if start else None,
    )


def _document(text: str, name: str) -> Mapping[str, object]:
    if len(text.encode("utf-8", "replace")) > SIZE_LIMIT:
        raise _refused(name, f"it is larger than {SIZE_LIMIT // 1_000_000} MB")
    try:
        document = json.loads(text.removeprefix("\ufeff"), parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise _refused(name, "it is nested too deeply") from None
    except ValueError as exc:
        raise _refused(name, f"it is not JSON: {exc}") from None
    if not isinstance(document, dict):
        raise _refused(name, "it is not a JSON object with a list called `history`")
    return document


def _no_constant(constant: str) -> object:
    raise ValueError(f"{constant} is no number of JSON")


def _refused(name: str, what: str) -> InputError:
    return InputError(f"{name} cannot be imported: {what}", hint="correct it; nothing was imported", slug="import-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads one object of the file. `where` is its place, for errors."""

    name: str
    where: str
    value: object

    def point(self) -> Point:
        """Read an entry, or the baseline, which is one."""
        entry = self._object()
        lines = self._lines(entry)
        total = self._percent(entry, _TOTAL)
        if total is None:
            total = lines.percent if lines else None
        if total is None:
            raise self._wrong(_TOTAL, "is missing")
        names = [key.removesuffix(_SUFFIX) for key in entry if key.endswith(_SUFFIX) and key != _TOTAL]
        components = {name: self._percent(entry, name + _SUFFIX) for name in names if _is_name(name)}
        return Point(
            date=self._date(entry),
            total=total,
            components={name: percent for name, percent in components.items() if percent is not None},
            lines=lines,
            sha=_sha(entry.get("commit")),
        )

    def aim(self) -> Aim | None:
        """Read the target; None when it names no total."""
        entry = self._object()
        total = self._percent(entry, _TOTAL)
        by = self._date(entry).date() if entry.get("date") is not None else None
        return None if total is None else Aim(total=total, by=by)

    def _object(self) -> Mapping[str, object]:
        if not isinstance(self.value, dict):
            raise _refused(self.name, f"{self.where} is {_shown(self.value)}, not an object")
        return self.value

    def _percent(self, entry: Mapping[str, object], key: str) -> Decimal | None:
        """Return a percent; None when it is missing or null, as a component is that did not exist yet."""
        value = entry.get(key)
        if isinstance(value, str):
            value = value.removesuffix("%").strip()
        number = _decimal(value)
        if value is not None and (number is None or not 0 <= number <= 100):  # noqa: PLR2004  # percent
            raise self._wrong(key, f"is {_shown(entry[key])}, not a percent from 0 to 100")
        return None if number is None else abs(number)  # not -0

    def _lines(self, entry: Mapping[str, object]) -> Counts | None:
        if entry.get("lines_covered") is None or entry.get("lines_total") is None:
            return None
        covered, total = (self._count(entry, key) for key in ("lines_covered", "lines_total"))
        if covered > total:
            raise self._wrong("lines_covered", f"is {covered}, more than lines_total, {total}")
        return Counts(covered=covered, total=total)

    def _count(self, entry: Mapping[str, object], key: str) -> int:
        number = _decimal(entry[key])
        if number is None or not 0 <= number <= _NUMBER_LIMIT or number != int(number):
            raise self._wrong(key, f"is {_shown(entry[key])}, not a number of lines")
        return int(number)

    def _date(self, entry: Mapping[str, object]) -> datetime:
        value = entry.get("date")
        if value is None:
            raise self._wrong("date", "is missing")
        try:
            read = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
            utc = read and (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            utc = None
        if utc is None or not _YEARS[0] <= utc.year <= _YEARS[1]:
            raise self._wrong("date", f"is {_shown(value)}, not a date such as 2026-11-01 or 2026-11-01T12:00:00Z")
        return utc

    def _wrong(self, key: str, what: str) -> InputError:
        return _refused(self.name, f"{self.where}: {key} {what}")


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    # An exponent beyond any figure's would only be expensive to compute with.
    return (
        number
        if number.is_finite() and abs(number.adjusted()) < _DIGITS and len(number.as_tuple().digits) < _DIGITS
        else None
    )


def _is_name(name: str) -> bool:
    return name.isprintable() and 0 < len(name) <= _NAME_LIMIT


def _sha(value: object) -> Sha | None:
    """Return a commit's id; None for what is none, as an abbreviated one: it only makes a link."""
    try:
        return parse_sha(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
