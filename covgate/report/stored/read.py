"""The text of a stored result to its shape: strict JSON within bounds, and covgate's own schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from covgate.report.facts import MOST_RESULT
from covgate.report.result_json import ResultJson

_DEEPEST = 12
_LONGEST = 20_000
"""Characters of one text; a path is much shorter."""
_MOST = 10**9
"""The largest number: nobody has a line or a count beyond it."""


def read_result(data: bytes) -> ResultJson:
    """Read a `result.json` strictly. Raises ValueError, in words, for whatever covgate would not have written."""
    if len(data) > MOST_RESULT:
        raise ValueError(f"it has more than {MOST_RESULT:,} bytes")
    try:
        value: object = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short_int
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as exc:
        raise ValueError(f"it is not JSON: {exc.msg} in line {exc.lineno}") from None
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004  # a fault of the file, like the others
    _bound(value, 0)
    if type(value.get("schema")) is not int or value["schema"] != 1:
        raise ValueError("its schema is not 1: another version of covgate wrote it")
    shape = {"schema_" if key == "schema" else key: entry for key, entry in value.items() if key != "schema_"}
    try:
        return ResultJson.model_validate_json(json.dumps(shape), strict=True, by_name=True, by_alias=False)
    except ValueError as exc:
        raise ValueError(f"it is not of covgate's schema: {_first_problem(exc)}") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a key twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"it holds {name}, which is no JSON")


def _short_int(digits: str) -> int:
    if len(digits) > len(str(_MOST)):
        raise ValueError("it holds a number beyond all counts")
    return int(digits)


def _bound(value: object, depth: int) -> None:
    """Refuse depth, texts and numbers nobody needs."""
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str) and len(value) > _LONGEST:
        raise ValueError(f"it holds a text of {len(value):,} characters")
    if isinstance(value, int | float) and not -_MOST <= value <= _MOST:
        raise ValueError("it holds a number beyond all counts")
    if isinstance(value, Mapping):
        for key in value:
            _bound(key, depth)
    if isinstance(value, Mapping | list):
        for entry in value.values() if isinstance(value, Mapping) else value:
            _bound(entry, depth + 1)


def _first_problem(exc: ValueError) -> str:
    """Name the first place pydantic complains about, without the text that stands there."""
    problems = exc.errors(include_url=False, include_input=False) if hasattr(exc, "errors") else []
    if not problems:
        return type(exc).__name__
    # A key may be anybody's text.
    where = ".".join(re.sub(r"\W", "?", str(part))[:40] for part in problems[0]["loc"])
    return f"{where}: {problems[0]['type'].replace('_', ' ')}"
