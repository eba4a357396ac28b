"""The shapes of the probe's answers, which are foreign input: plugins of the project run beside it, and may lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from covgate.errors import MeasureError
from covgate.model import WITHOUT_LINE, Gap, ReasonKind

Shape = Callable[[object], bool]
"""Tells whether a value is of a shape."""

_MOST = 10_000_000
"""Of lines in a file, exits of a line, processes of a run."""

_LONGEST_TEXT, _LONGEST_CONFIG = 20_000, 1_000_000

PROBLEMS = {"no-source": "its source is gone", "not-python": "it is not valid Python"}
"""Why a measured file cannot be analysed: the probe's word, and covgate's."""


def check_answer(command: str, answer: Mapping[str, object]) -> None:
    """Raise MeasureError when an answer to a command is not of its shape, or has a value that cannot be."""
    shapes = _ELSEWHERE if command == "analyse" and answer.get("foreign") else _ANSWERS[command]
    for name, shape in shapes.items():
        if not shape(answer.get(name)):
            raise not_an_answer(name)


def not_an_answer(what: str) -> MeasureError:
    """Return the error for an answer that cannot be used; `what` of it is wrong."""
    return MeasureError(
        f"the analysis gave an answer that cannot be read ({what})",
        hint="a coverage plugin that writes to every open file, or changes what coverage answers, is the usual cause",
        slug="unreadable-data",
    )


def _number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MOST


def _flag(value: object) -> bool:
    return type(value) is bool


def _text(value: object) -> bool:
    return type(value) is str and len(value) <= _LONGEST_TEXT


def _config(value: object) -> bool:
    return type(value) is str and len(value) <= _LONGEST_CONFIG


def _path(value: object) -> bool:
    """Whether it is a path as covgate writes them: of the checkout, or absolute. It leads nowhere else."""
    return _text(value) and value not in {"", "."} and "\0" not in str(value) and ".." not in str(value).split("/")


def _lines(value: object) -> bool:
    # In three steps of C: a project has hundreds of thousands of them.
    return type(value) is list and set(map(type, value)) <= {int} and (not value or _has_bounds(value))


def _has_bounds(lines: list[int]) -> bool:
    return min(lines) >= 0 and max(lines) <= _MOST


def _list(of: Shape) -> Shape:
    return lambda value: type(value) is list and all(map(of, value))


def _map(key: Shape, of: Shape) -> Shape:
    return lambda value: type(value) is dict and all(map(key, value)) and all(map(of, value.values()))


def _tuple(*of: Shape) -> Shape:
    def shape(value: object) -> bool:
        return type(value) is list and len(value) == len(of) and all(one(v) for one, v in zip(of, value, strict=True))

    return shape


def _optional(of: Shape) -> Shape:
    return lambda value: value is None or of(value)


def _record(**fields: Shape) -> Shape:
    return lambda value: type(value) is dict and all(shape(value.get(name)) for name, shape in fields.items())


def _digest(value: object) -> bool:
    return type(value) is str and len(value) == 64 and set(value) <= set("0123456789abcdef")  # noqa: PLR2004  # SHA-256


def _exits(value: object) -> bool:
    """Whether it is [line, exits, exits that were taken] for some lines."""
    return type(value) is list and all(_lines(one) and len(one) == 3 and one[2] <= one[1] for one in value)  # noqa: PLR2004  # as said


def _region(value: object) -> bool:
    """Whether it is [name, first line, last line, first line of the body] of a function."""
    if not (_tuple(_text, _number, _number, _number)(value) and isinstance(value, list)):
        return False
    return bool(1 <= value[1] <= value[3] <= value[2])


def _reason(value: object) -> bool:
    """Whether it is [line, kind, line that decides]."""
    if not (_tuple(_number, lambda kind: kind in _REASONS, _number)(value) and isinstance(value, list)):
        return False
    return (value[2] == 0) is (value[1] in WITHOUT_LINE)


_REASONS = [*ReasonKind]


_DETAILS = {
    "first": _optional(_list(_tuple(_number, _number))),
    "functions": _optional(_list(_region)),
    "sha256": _optional(_digest),
    "stray": _optional(_lines),
    "reasons": _optional(_list(_reason)),
}
_LINES = _record(s=_lines, m=_lines, x=_lines, b=_exits, **_DETAILS)
_WORDS = {name: _optional(_text) for name in ("why", "rule", "where")}


def _measured(value: object) -> bool:
    return _LINES(value) and isinstance(value, dict) and set(value["m"]) <= set(value["s"])


def _changed(value: object) -> bool:
    """Whether it is the record of a changed file without data."""
    if not (isinstance(value, dict) and _record(**_WORDS)(value) and value.get("gap") in list(Gap)):
        return False
    return value["gap"] not in {Gap.UNMEASURED, Gap.UNDECIDED} or _measured(value)


_LINES_OF_SOURCE = _record(
    s=_optional(_lines), maybe=_optional(_lines), optional=_optional(_lines), why=_optional(_text), **_DETAILS
)


def _static(value: object) -> bool:
    """Whether it is what is known of a changed file beside a report."""
    if isinstance(value, dict) and value.get("gap") == "measured":
        whole = "s" not in value or value.keys() >= {"s", "first", "maybe", "optional"}
        return whole and _LINES_OF_SOURCE(value)
    return _changed(value)


_RECORDED = _record(name=_text, place=_optional(_text), alias=_optional(_text), executed=_flag, here=_flag, added=_flag)
_ELSEWHERE: Mapping[str, Shape] = {
    "foreign": _list(_record(data=_text, known=_number, executed=_list(_text), foreign=_list(_RECORDED))),
}
_ANSWERS: Mapping[str, Mapping[str, Shape]] = {
    "prepare": {"coverage": _text, "hook": _flag, "pytest_cov": _flag, "config": _config, "plugins_here": _flag},
    "analyse": {
        "branches": _flag,
        "foreign": _list(_record()),
        "lost": _number,
        "gone": _list(_text),
        "hidden": _list(_tuple(_text, _text)),
        "files": _map(_path, _measured),
        "changed": _map(_path, _changed),
        "unloaded": _list(_path),
        "problems": _list(_tuple(lambda value: value in list(PROBLEMS), _path, _text)),
        "warnings": _list(_text),
    },
    "static": {"changed": _map(_path, _static), "unloaded": _list(_path), "warnings": _list(_text)},
}
